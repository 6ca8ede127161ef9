import type { LinearMap } from '../linear-map.ts';

/** Output i is weights[i] times input source[i]. */
export function weightedSelectionMap(source: Int32Array, weights: Float64Array, columns: number): LinearMap {
  const copies = new Int32Array(columns);
  for (const from of source) copies[from]!++;
  return {
    rows: source.length,
    columns,
    terms: copies.reduce((most, count) => Math.max(most, count), 1),
    structure: { kind: 'opaque' },
    entryError: 0,
    apply: (x) => weights.map((weight, i) => weight * x[source[i]!]!),
    applyTransposed(y) {
      const x = new Float64Array(columns);
      source.forEach((from, i) => (x[from]! += weights[i]! * y[i]!));
      return x;
    },
    magnitude: () => weightedSelectionMap(source, weights.map(Math.abs), columns),
  };
}
