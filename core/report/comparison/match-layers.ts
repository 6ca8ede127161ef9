import type { LayerEntry } from '../inspection.ts';
import type { Match } from './comparison.ts';

export interface Matched {
  readonly before: LayerEntry;
  readonly after: LayerEntry;
  readonly match: Match;
}

/**
 * Which layer of one model is which of the other: by name; by the end of the name, where one file has a prefix that the other lacks
 * ("module.", "_orig_mod."); and what is left by kind and shape, in the order of the network.
 */
export function matchLayers(before: readonly LayerEntry[], after: readonly LayerEntry[]): readonly Matched[] {
  const found: Matched[] = [];
  const [taken, given] = [new Set<LayerEntry>(), new Set<LayerEntry>()];
  const pair = (one: LayerEntry, other: LayerEntry, match: Match): void => {
    found.push({ before: one, after: other, match });
    taken.add(one);
    given.add(other);
  };
  const byName = uniqueBy(before, ({ name }) => name);
  for (const other of after) {
    const one = byName.get(other.name);
    if (one !== undefined && one.kind === other.kind && !taken.has(one)) pair(one, other, 'name');
  }
  const open = (): readonly [LayerEntry[], LayerEntry[]] => [
    before.filter((layer) => !taken.has(layer)),
    after.filter((layer) => !given.has(layer)),
  ];
  for (const [one, other] of byEndOfName(...open())) pair(one, other, 'end of the name');
  for (const [one, other] of inOrder(...open())) pair(one, other, 'order and shape');
  return found;
}

type Pair = readonly [LayerEntry, LayerEntry];

const uniqueBy = (layers: readonly LayerEntry[], key: (layer: LayerEntry) => string): Map<string, LayerEntry> => {
  const counts = new Map<string, number>();
  for (const layer of layers) counts.set(key(layer), (counts.get(key(layer)) ?? 0) + 1);
  return new Map(layers.filter((layer) => counts.get(key(layer)) === 1).map((layer) => [key(layer), layer]));
};

/** All ends of a dotted name but the name itself: "a.b.c" gives "b.c" and "c". */
function ends(name: string): readonly string[] {
  const parts = name.split('.');
  return parts.slice(1).map((_, i) => parts.slice(i + 1).join('.'));
}

/** One prefix for the whole file, and only if it fits most of what is left: "fc" in two places is no evidence. */
function byEndOfName(before: readonly LayerEntry[], after: readonly LayerEntry[]): readonly Pair[] {
  const longer = prefixed(before, after);
  return longer.length > 0 ? longer : prefixed(after, before).map(([one, other]) => [other, one] as const);
}

function prefixed(long: readonly LayerEntry[], short: readonly LayerEntry[]): readonly Pair[] {
  const byName = uniqueBy(short, ({ name }) => name);
  const prefixes = new Map<string, Pair[]>();
  for (const layer of long)
    for (const end of ends(layer.name)) {
      const other = byName.get(end);
      if (other === undefined || other.kind !== layer.kind) continue;
      const prefix = layer.name.slice(0, layer.name.length - end.length);
      prefixes.set(prefix, [...(prefixes.get(prefix) ?? []), [layer, other]]);
    }
  const best = [...prefixes.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  return 2 * best.length > Math.min(long.length, short.length) ? best : [];
}

const likeness = ({ kind, inputShape, outputShape, parameters }: LayerEntry): string =>
  JSON.stringify([kind, inputShape, outputShape, parameters]);

/** Of the table below: files with more layers than that under other names are left unmatched. */
const mostEntries = 4_000_000;

/** The longest sequence of layers of the same kind and shape that both have in this order (a longest common subsequence). */
function inOrder(before: readonly LayerEntry[], after: readonly LayerEntry[]): readonly Pair[] {
  const [rows, columns] = [before.length, after.length];
  if (rows === 0 || columns === 0 || rows * columns > mostEntries) return [];
  const [ofBefore, ofAfter] = [before.map(likeness), after.map(likeness)];
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--)
    for (let j = columns - 1; j >= 0; j--)
      longest[i * width + j] =
        ofBefore[i] === ofAfter[j]
          ? 1 + longest[(i + 1) * width + j + 1]!
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const pairs: Pair[] = [];
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (ofBefore[i] === ofAfter[j]) pairs.push([before[i++]!, after[j++]!]);
    else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
