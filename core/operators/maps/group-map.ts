import type { LinearMap } from '../linear-map.ts';

/** A square matrix of its own for every group of elements: group g has its elements at places[g size ...], its matrix at entries[g size size ...]. */
export function groupMap(places: Int32Array, size: number, entries: Float64Array): LinearMap {
  const each = (visit: (to: number, from: number, entry: number) => void): void => {
    for (let at = 0; at < places.length; at++) {
      const first = at - (at % size);
      for (let k = 0; k < size; k++) visit(places[at]!, places[first + k]!, entries[at * size + k]!);
    }
  };
  return {
    rows: places.length,
    columns: places.length,
    terms: Math.max(1, size),
    structure: { kind: 'opaque' },
    entryError: 0,
    apply(x) {
      const y = new Float64Array(places.length);
      each((to, from, entry) => (y[to]! += entry * x[from]!));
      return y;
    },
    applyTransposed(y) {
      const x = new Float64Array(places.length);
      each((to, from, entry) => (x[from]! += entry * y[to]!));
      return x;
    },
    magnitude: () => groupMap(places, size, entries.map(Math.abs)),
  };
}
