import { UserError } from '../../sentence.ts';
import type { LinearMap } from '../linear-map.ts';

/** Output i is input source[i]; -1 stands for a constant that was filled in. */
export function selectionMap(source: Int32Array, columns: number): LinearMap {
  const copies = new Int32Array(columns);
  let largestCopies = 0;
  for (const from of source) {
    if (from < 0) continue;
    if (from >= columns) throw new UserError('it picks an element that its input does not have');
    const count = copies[from]! + 1;
    copies[from] = count;
    if (count > largestCopies) largestCopies = count;
  }
  const map: LinearMap = {
    rows: source.length,
    columns,
    terms: Math.max(1, largestCopies),
    structure: { kind: 'selection', largestCopies },
    entryError: 0,
    apply: (x) => Float64Array.from(source, (from) => (from < 0 ? 0 : x[from]!)),
    applyTransposed(y) {
      const x = new Float64Array(columns);
      source.forEach((from, i) => {
        if (from >= 0) x[from]! += y[i]!;
      });
      return x;
    },
    magnitude: () => map,
  };
  return map;
}

/** The same elements in the same order: Reshape, Flatten, Identity, adding a constant. A copy, for whoever adds to what comes out of a map. */
export function identityMap(size: number): LinearMap {
  const map: LinearMap = {
    rows: size,
    columns: size,
    terms: 1,
    structure: { kind: 'selection', largestCopies: size === 0 ? 0 : 1 },
    entryError: 0,
    apply: (x) => x.slice(),
    applyTransposed: (y) => y.slice(),
    magnitude: () => map,
  };
  return map;
}
