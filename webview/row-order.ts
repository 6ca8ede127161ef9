import type { Norm } from '../core/bound.ts';
import type { LayerEntry } from '../core/report/inspection.ts';
import { layerPlace, layerShapes } from '../core/report/layer-table.ts';
import { misleadingKernelNorm } from '../core/report/sentences.ts';
import { evidenceWord, ofLayer } from '../core/report/words.ts';

/** `place` is the order of the network, in which the rows arrive. */
export type Column = 'place' | 'name' | 'kind' | 'shape' | 'norm' | 'evidence' | 'share' | 'kernel' | 'line';

export interface Sort {
  readonly column: Column;
  readonly direction: 'ascending' | 'descending';
}

export interface RowChoice {
  readonly sort: Sort;
  readonly filter: string;
  readonly layerKind: string;
  readonly norm: Norm;
}

/** The layers to show, in order. Rows that have nothing to say in the sorted column come last either way. */
export function orderedRows(layers: readonly LayerEntry[], choice: RowChoice): readonly LayerEntry[] {
  const wanted = layers.filter((layer) => matches(layer, choice));
  const { column, direction } = choice.sort;
  if (column === 'place') return direction === 'ascending' ? wanted : wanted.toReversed();
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = wanted.map((layer) => ({ layer, key: sortKey(layer, column, choice.norm) }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) return Number(a.key === undefined) - Number(b.key === undefined);
    return sign * compared(a.key, b.key);
  });
  return keyed.map(({ layer }) => layer);
}

function matches(layer: LayerEntry, { filter, layerKind }: RowChoice): boolean {
  if (layerKind !== '' && layer.kind !== layerKind) return false;
  const text = `${layer.name} ${layer.id} ${layer.kind} ${layer.op} ${layerPlace(layer)}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

type Key = number | string | undefined;

function sortKey(layer: LayerEntry, column: Exclude<Column, 'place'>, norm: Norm): Key {
  const known = layer.norms[norm];
  switch (column) {
    case 'name':
      return layer.name;
    case 'kind':
      return layer.kind;
    case 'shape':
      return layerShapes(layer);
    case 'norm':
      return known === undefined ? undefined : (known.upper ?? Number.POSITIVE_INFINITY);
    case 'evidence':
      return known === undefined ? undefined : evidenceWord(ofLayer(known));
    case 'share':
      return layer.share ?? undefined;
    case 'kernel':
      return misleadingKernelNorm(layer);
    case 'line':
      return layerPlace(layer) || undefined;
  }
}

/** "layer2" before "layer10". */
const natural = new Intl.Collator('en', { numeric: true });

const compared = (a: number | string, b: number | string): number =>
  typeof a === 'number' && typeof b === 'number' ? (a < b ? -1 : a > b ? 1 : 0) : natural.compare(String(a), String(b));

/** What a click on a heading leads to: largest first for numbers, A first for text, then the other way, then as the network has it. */
export function nextSort(sort: Sort, column: Column): Sort {
  const first = numeric.has(column) ? 'descending' : 'ascending';
  if (sort.column !== column) return { column, direction: first };
  if (sort.direction === first) return { column, direction: first === 'ascending' ? 'descending' : 'ascending' };
  return { column: 'place', direction: 'ascending' };
}

const numeric: ReadonlySet<Column> = new Set(['norm', 'share', 'kernel']);
