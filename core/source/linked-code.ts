import type { Inspection, SourceTier } from '../report/inspection.ts';
import type { Owner } from './find-definitions.ts';
import { linkLayers, type Link, type Trust } from './link-layers.ts';

/** A model whose layers a source file defines, and how well that is founded. */
export interface LinkedModel {
  readonly file: string;
  readonly inspection: Inspection;
  readonly links: readonly Link[];
}

/** A model that may belong to a source file: by evidence, unless the user has chosen that file. */
export interface LinkableModel {
  readonly file: string;
  readonly inspection: Inspection;
  readonly trust?: Trust;
}

const weight: Readonly<Record<SourceTier, number>> = { exporter: 4, names: 3, scopes: 2, guess: 1 };

/** The models that belong to a source file, best evidence first; those that link nothing are left out. */
export function linkModels(
  owners: readonly Owner[],
  source: string,
  models: readonly LinkableModel[],
): readonly LinkedModel[] {
  return models
    .map(({ file, inspection, trust }) => ({
      file,
      inspection,
      links: linkLayers(owners, inspection.layers, source, trust),
    }))
    .filter(({ links }) => links.length > 0)
    .toSorted((a, b) => evidence(b) - evidence(a) || a.file.localeCompare(b.file));
}

/** The best tier of all links, and how many layers have a line. */
export const tierOf = ({ links }: Pick<LinkedModel, 'links'>): SourceTier =>
  links.map(({ tier }) => tier).toSorted((a, b) => weight[b] - weight[a])[0] ?? 'guess';

export const linkedLayers = ({ links }: Pick<LinkedModel, 'links'>): number =>
  new Set(links.map(({ layer }) => layer.id)).size;

const evidence = ({ links }: LinkedModel): number =>
  Math.max(...links.map(({ tier }) => weight[tier])) + links.length / (links.length + 1);

/** A place in the text, counted from zero. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * The links of what stands at a place: of the innermost call there; or, anywhere else on a line with a single definition,
 * say on `self.conv1 =`, of that one.
 */
export function linksAt(links: readonly Link[], place: Place): readonly Link[] {
  const within = links.filter(({ definition: { range } }) => contains(range, place));
  if (within.length > 0) return ofDefinition(within, within.toSorted((a, b) => extent(a) - extent(b))[0]!);
  const onLine = links.filter(({ definition: { range } }) => range.startLine === place.line);
  const [first] = onLine;
  return first !== undefined && onLine.every((link) => link.definition === first.definition) ? onLine : [];
}

const ofDefinition = (links: readonly Link[], { definition }: Link): readonly Link[] =>
  links.filter((link) => link.definition === definition);

const extent = ({ definition: { range } }: Link): number =>
  1e6 * (range.endLine - range.startLine) + range.endColumn - range.startColumn;

const contains = (range: Link['definition']['range'], { line, column }: Place): boolean =>
  (range.startLine < line || (range.startLine === line && range.startColumn <= column)) &&
  (line < range.endLine || (line === range.endLine && column <= range.endColumn));
