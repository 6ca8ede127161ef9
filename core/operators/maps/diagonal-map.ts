import type { LinearMap } from '../linear-map.ts';

const scaled = (entries: Float64Array, x: Float64Array): Float64Array => x.map((value, i) => entries[i]! * value);

/** Every element times its own number: BatchNorm, Mul by a constant, Neg. */
export function diagonalMap(entries: Float64Array, entryError = 0): LinearMap {
  return {
    rows: entries.length,
    columns: entries.length,
    terms: 1,
    structure: { kind: 'diagonal', entries },
    entryError,
    apply: (x) => scaled(entries, x),
    applyTransposed: (y) => scaled(entries, y),
    magnitude: () => diagonalMap(entries.map(Math.abs), entryError),
  };
}
