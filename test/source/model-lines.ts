import { readFileSync } from 'node:fs';
import type { LayerEntry, SourceTier } from '../../core/report/inspection.ts';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers, type Link } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { layersOf } from '../extension/model-layers.ts';

export const linked = (layers: readonly LayerEntry[], source: string, parser: SyntaxParser): readonly Link[] =>
  linkLayers(findOwners(readFileSync(source, 'utf8'), parser), layers, `/somewhere/else/${source}`);

/** "layer: line of code" for every layer of the model, and beside it the tier that says so. */
export async function linesOf(
  model: string,
  source: string,
  parser: SyntaxParser,
): Promise<{ lines: string[]; tiers: (SourceTier | 'nothing')[] }> {
  const layers = await layersOf(model);
  const links = linked(layers, source, parser);
  const code = readFileSync(source, 'utf8').split('\n');
  const found = layers.map(({ id, name }): { line: string; tier: SourceTier | 'nothing' } => {
    const link = links.find(({ layer }) => layer.id === id);
    const text = link === undefined ? 'nothing' : code[link.definition.range.startLine]!.trim();
    return { line: `${name}: ${text}`, tier: link?.tier ?? 'nothing' };
  });
  return { lines: found.map(({ line }) => line), tiers: found.map(({ tier }) => tier) };
}
