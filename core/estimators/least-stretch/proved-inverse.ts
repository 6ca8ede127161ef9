import { above, below, gamma } from '../../rounding.ts';
import { normAbove, type Small } from '../exact/jacobian-norm.ts';

/** What is proved of a square matrix whose entries are known up to an error. */
export interface ProvedInverse {
  /** Of the matrix as it is known, about. */
  readonly inverse: Float64Array;
  /** No singular value is smaller. */
  readonly least: number;
  /** 1 where the matrix keeps the orientation of space, -1 where it turns it over. */
  readonly turn: number;
}

/**
 * With X near the inverse of A and |1 - X A*| <= alpha < 1 for all A* within the error, no singular value of A* is below (1 - alpha) / |X|. With factors L U that miss A* by less
 * than that, all matrices on the line between are regular, and their determinants have one sign: that of L U, which is known. Undefined where one of the two cannot be shown.
 */
export function provedInverse({ rows: n, entries }: Small, error: number): ProvedInverse | undefined {
  const factors = factorsOf(entries, n);
  if (factors === undefined) return undefined;
  const inverse = inverseBy(factors, n);
  const size = normAbove('l2', { rows: n, columns: n, entries: inverse }, 0);
  const alpha = above(missing(inverse, entries, n) + above(size * above(n * error)));
  if (!(alpha < 0.5)) return undefined;
  const least = below(below(1 - alpha) / size);
  const { lower, upper, order, swaps } = factors;
  const permuted = Float64Array.from(entries, (_, at) => entries[order[Math.floor(at / n)]! * n + (at % n)]!);
  const off = above(distance(lower, upper, permuted, n) + above(n * error));
  if (!(off < least)) return undefined;
  let turn = swaps % 2 === 0 ? 1 : -1;
  for (let i = 0; i < n; i++) turn *= Math.sign(upper[i * n + i]!);
  return { inverse, least, turn };
}

/** As computed; undefined where there is none. */
export function inverseOf(entries: Float64Array, n: number): Float64Array | undefined {
  const factors = factorsOf(entries, n);
  return factors && inverseBy(factors, n);
}

interface Factors {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Row i of the product is this row of the matrix. */
  readonly order: readonly number[];
  readonly swaps: number;
}

/** Gauss with pivots. */
function factorsOf(entries: Float64Array, n: number): Factors | undefined {
  const upper = entries.slice();
  const lower = new Float64Array(n * n);
  const order = Array.from({ length: n }, (_, i) => i);
  let swaps = 0;
  const exchange = (matrix: Float64Array, i: number, j: number): void => {
    for (let c = 0; c < n; c++) [matrix[i * n + c], matrix[j * n + c]] = [matrix[j * n + c]!, matrix[i * n + c]!];
  };
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(upper[i * n + k]!) > Math.abs(upper[pivot * n + k]!)) pivot = i;
    if (pivot !== k) {
      exchange(upper, k, pivot);
      exchange(lower, k, pivot);
      [order[k], order[pivot]] = [order[pivot]!, order[k]!];
      swaps++;
    }
    const own = upper[k * n + k]!;
    if (own === 0) return undefined;
    lower[k * n + k] = 1;
    for (let i = k + 1; i < n; i++) {
      const factor = upper[i * n + k]! / own;
      lower[i * n + k] = factor;
      upper[i * n + k] = 0;
      for (let c = k + 1; c < n; c++) upper[i * n + c]! -= factor * upper[k * n + c]!;
    }
  }
  return { lower, upper, order, swaps };
}

/** Column by column. */
function inverseBy({ lower, upper, order }: Factors, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let c = 0; c < n; c++) {
    const x = Float64Array.from(order, (row) => Number(row === c));
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) x[i]! -= lower[i * n + j]! * x[j]!;
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) x[i]! -= upper[i * n + j]! * x[j]!;
      x[i]! /= upper[i * n + i]!;
    }
    for (let i = 0; i < n; i++) inverse[i * n + c] = x[i]!;
  }
  return inverse;
}

/** Above the Frobenius norm of 1 - A B. */
const missing = (a: Float64Array, b: Float64Array, n: number): number => {
  const identity = Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0));
  return distance(a, b, identity, n);
};

/** Above the Frobenius norm of C - A B. */
function distance(a: Float64Array, b: Float64Array, c: Float64Array, n: number): number {
  let squares = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let [sum, size] = [-c[i * n + j]!, Math.abs(c[i * n + j]!)];
      for (let k = 0; k < n; k++) {
        const product = a[i * n + k]! * b[k * n + j]!;
        sum += product;
        size += Math.abs(product);
      }
      squares = above(squares + above((Math.abs(sum) + 1.01 * gamma(n + 3) * size + 1e-300) ** 2));
    }
  return above(Math.sqrt(squares));
}
