import type { Norm } from '../../bound.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, below, gamma } from '../../rounding.ts';
import { written } from '../norms/opaque.ts';
import { leastSingularValueBelow } from './least-singular-value.ts';
import { inverseOf } from './proved-inverse.ts';

/** Plain loops over the cube of these: a twentieth of a second. */
const most = { columns: 256, entries: 2 ** 17 };

/** A number m with |W x| >= m |x| for all x in a norm, proved; 0 where W takes some direction to nothing, undefined where it is too large to tell. */
export async function leastStretchBelow(map: LinearMap, norm: Norm, pace: Pace): Promise<number | undefined> {
  const { structure } = map;
  if (norm === 'l2' || structure.kind === 'diagonal' || map.columns > map.rows)
    return leastSingularValueBelow(map, pace);
  if (structure.kind === 'selection') {
    const copies = map.applyTransposed(new Float64Array(map.rows).fill(1));
    const least = copies.reduce((fewest, count) => Math.min(fewest, count), Number.POSITIVE_INFINITY);
    return norm === 'l1' ? least : Math.min(1, least);
  }
  if (map.columns > most.columns || map.rows * map.columns > most.entries) return undefined;
  const entries = await written(map, pace);
  await pace.rest();
  // Of a square matrix the rows are written.
  return leastByInverse(map.rows === map.columns ? turned(entries, map.rows) : entries, map, norm);
}

/**
 * For any X, x = X W x + (1 - X W) x, so that |x| <= |X| |W x| + |1 - X W| |x|. With X near a left inverse that says how far W can shorten at most. `columns`: those of W, one after the other.
 */
function leastByInverse(columns: Float64Array, map: LinearMap, norm: Exclude<Norm, 'l2'>): number {
  const [n, m] = [map.columns, map.rows];
  const inverse = leftInverse(columns, n, m);
  if (inverse === undefined) return 0;
  const size = operatorSum(n, m, norm, (i, k) => Math.abs(inverse[i * m + k]!));
  const missing = operatorSum(n, n, norm, (i, j) => {
    let [sum, sizes] = [-Number(i === j), Number(i === j)];
    for (let k = 0; k < m; k++) {
      const product = inverse[i * m + k]! * columns[j * m + k]!;
      sum += product;
      sizes += Math.abs(product);
    }
    return Math.abs(sum) + 1.01 * gamma(m + 3) * sizes + 1e-300;
  });
  // What the entries themselves may be off by.
  const relative = above(map.entryError / (1 - map.entryError) + gamma(map.terms));
  const off = above(relative * operatorSum(m, n, norm, (k, j) => Math.abs(columns[j * m + k]!)));
  return missing < 1 ? Math.max(0, below(below(below(1 - missing) / size) - off)) : 0;
}

/** (W'W)^-1 W', row by row; the inverse itself where W is square. */
function leftInverse(columns: Float64Array, n: number, m: number): Float64Array | undefined {
  if (n === m) {
    const inverse = inverseOf(columns, n);
    return inverse && turned(inverse, n);
  }
  const gram = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n) * m, (at % n) * m];
    let sum = 0;
    for (let k = 0; k < m; k++) sum += columns[i + k]! * columns[j + k]!;
    return sum;
  });
  const inverse = inverseOf(gram, n);
  if (inverse === undefined) return undefined;
  const left = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < m; k++) left[i * m + k]! += inverse[i * n + j]! * columns[j * m + k]!;
  return left;
}

const turned = (square: Float64Array, n: number): Float64Array =>
  square.map((_, at) => square[(at % n) * n + Math.floor(at / n)]!);

/** Above the largest sum of a row of sizes (l-infinity), or of a column (l1). */
function operatorSum(
  rows: number,
  columns: number,
  norm: Exclude<Norm, 'l2'>,
  entry: (i: number, j: number) => number,
): number {
  const sums = new Float64Array(norm === 'linf' ? rows : columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const at = norm === 'linf' ? i : j;
      sums[at] = above(sums[at]! + entry(i, j));
    }
  return sums.reduce((largest, sum) => Math.max(largest, sum), 0);
}
