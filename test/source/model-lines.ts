import { readFileSync } from 'node:fs';
import type { LayerEntry, SourceTier } from '../../core/report/inspection.ts';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers, type Link } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { layersOf } from '../extension/model-layers.ts';

export const linked = (layers: readonly LayerEntry[], source: string, parser: SyntaxParser): readonly Link[] =>
  linkLayers(findOwners(readFileSync(source, 'utf8'), parser), layers, `/somewhere/else/${source}`);

/** "layer: line of code" for every layer of the model, and the tiers that say so. */
export async function linesOf(
  model: string,
  source: string,
  parser: SyntaxParser,
): Promise<{ lines: string[]; tiers: SourceTier[] }> {
  const layers = await layersOf(model);
  const links = linked(layers, source, parser);
  const code = readFileSync(source, 'utf8').split('\n');
  const lines = layers.map(({ id, name }) => {
    const link = links.find(({ layer }) => layer.id === id);
    return `${name}: ${link === undefined ? 'nothing' : code[link.definition.range.startLine]!.trim()}`;
  });
  return { lines, tiers: [...new Set(links.map(({ tier }) => tier))].toSorted() };
}
