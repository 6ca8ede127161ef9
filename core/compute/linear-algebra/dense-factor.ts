import { type Dense, type DenseProducts, zeros } from './dense-products.ts';

/** Columns that are factored by plain loops before the rest is updated by one product. */
const block = 128;

/** The rows [from, to) of the columns [left, right). */
export function part({ columns, entries }: Dense, from: number, to: number, left: number, right: number): Dense {
  const copy = zeros(to - from, right - left);
  for (let i = from; i < to; i++)
    copy.entries.set(entries.subarray(i * columns + left, i * columns + right), (i - from) * (right - left));
  return copy;
}

/** Puts a smaller matrix into a larger one. */
export function place(into: Dense, small: Dense, row: number, column: number): void {
  for (let i = 0; i < small.rows; i++)
    into.entries.set(
      small.entries.subarray(i * small.columns, (i + 1) * small.columns),
      (row + i) * into.columns + column,
    );
}

/**
 * A = L L' together with the inverse of every diagonal block of L: what solving with L needs. Matrices of convolutions are zero left
 * of a skyline, and so is L.
 */
export interface Factor {
  readonly lower: Dense;
  readonly inverseBlocks: readonly Dense[];
  /** For every row of blocks the first block that is not zero; nothing left of it is looked at. */
  readonly firsts: Int32Array;
  /** For every column of blocks the row of blocks behind which it is zero. */
  readonly ends: Int32Array;
}

/**
 * The Cholesky factor of a symmetric matrix whose lower triangle is given and overwritten, or undefined where a pivot is not positive. Blocked, its
 * products by `products`: for searching, not for proving.
 */
export async function factorOf(matrix: Dense, products: DenseProducts): Promise<Factor | undefined> {
  const n = matrix.rows;
  const firsts = skylineOf(matrix);
  const ends = endsOf(firsts);
  const inverseBlocks: Dense[] = [];
  for (let k = 0, at = 0; k < n; k += block, at++) {
    const end = Math.min(n, k + block);
    const stop = Math.min(n, ends[at]! * block);
    const diagonal = part(matrix, k, end, k, end);
    if (!factorSmall(diagonal)) return undefined;
    place(matrix, diagonal, k, k);
    const inverse = inverseOfSmall(diagonal);
    inverseBlocks.push(inverse);
    if (end >= stop) continue;
    const panel = await products.timesTransposed(part(matrix, end, stop, k, end), inverse);
    place(matrix, panel, end, k);
    // Strips of the lower triangle, so that hardly anything above it is computed.
    const strip = 384;
    for (let row = end; row < stop; row += strip) {
      const last = Math.min(stop, row + strip);
      const update = await products.timesTransposed(
        part(panel, row - end, last - end, 0, panel.columns),
        part(panel, 0, last - end, 0, panel.columns),
      );
      for (let i = row; i < last; i++)
        for (let j = end, from = (i - row) * update.columns, to = i * n + end; j <= i; j++, from++, to++)
          matrix.entries[to]! -= update.entries[from]!;
    }
  }
  for (let i = 0; i < n; i++) matrix.entries.fill(0, i * n + i + 1, (i + 1) * n);
  return { lower: matrix, inverseBlocks, firsts, ends };
}

function skylineOf({ rows: n, entries }: Dense): Int32Array {
  const firsts = new Int32Array(Math.ceil(n / block));
  for (let at = 0; at < firsts.length; at++) {
    let first = at * block;
    for (let i = at * block; i < Math.min(n, (at + 1) * block); i++) {
      let j = 0;
      while (j < first && entries[i * n + j] === 0) j++;
      first = j;
    }
    firsts[at] = Math.floor(first / block);
  }
  return firsts;
}

function endsOf(firsts: Int32Array): Int32Array {
  const ends = new Int32Array(firsts.length);
  for (let row = 0; row < firsts.length; row++) for (let k = firsts[row]!; k <= row; k++) ends[k] = row + 1;
  return ends;
}

/** Lower factor of a small matrix in place; the upper triangle is left as it is. */
function factorSmall({ rows: n, entries: a }: Dense): boolean {
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (j < i) {
        a[i * n + j] = sum / a[j * n + j]!;
        continue;
      }
      // Written so that NaN fails as well.
      if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) return false;
      a[i * n + i] = Math.sqrt(sum);
    }
  return true;
}

function inverseOfSmall({ rows: n, entries: a }: Dense): Dense {
  const inverse = zeros(n, n);
  const b = inverse.entries;
  for (let i = 0; i < n; i++) {
    b[i * n + i] = 1 / a[i * n + i]!;
    for (let k = 0; k < i; k++) {
      const factor = -a[i * n + k]! * b[i * n + i]!;
      if (factor !== 0) for (let j = 0; j <= k; j++) b[i * n + j]! += factor * b[k * n + j]!;
    }
  }
  return inverse;
}

/** L^-1, lower triangular. */
export async function inverseOfFactor({ lower, inverseBlocks }: Factor, products: DenseProducts): Promise<Dense> {
  const n = lower.rows;
  const inverse = zeros(n, n);
  for (const [at, own] of inverseBlocks.entries()) {
    const row = at * block;
    const end = row + own.rows;
    place(inverse, own, row, row);
    if (row === 0) continue;
    const before = await products.product(part(lower, row, end, 0, row), part(inverse, 0, row, 0, row));
    const left = await products.product(own, before);
    for (let i = 0; i < left.entries.length; i++) left.entries[i] = -left.entries[i]!;
    place(inverse, left, row, 0);
  }
  return inverse;
}

/** L'^-1 B, for as many columns as B has. */
export async function solveUpper(
  { lower, inverseBlocks, ends }: Factor,
  right: Dense,
  products: DenseProducts,
): Promise<Dense> {
  const solution = zeros(right.rows, right.columns);
  const n = lower.rows;
  for (let at = inverseBlocks.length - 1; at >= 0; at--) {
    const own = inverseBlocks[at]!;
    const row = at * block;
    const end = row + own.rows;
    const stop = Math.min(n, ends[at]! * block);
    const rest = part(right, row, end, 0, right.columns);
    if (end < stop) {
      const known = await products.transposedTimes(
        part(lower, end, stop, row, end),
        part(solution, end, stop, 0, right.columns),
      );
      for (let i = 0; i < rest.entries.length; i++) rest.entries[i]! -= known.entries[i]!;
    }
    place(solution, await products.transposedTimes(own, rest), row, 0);
  }
  return solution;
}

/** L^-1 B, for as many columns as B has. */
export async function solveLower(
  { lower, inverseBlocks, firsts }: Factor,
  right: Dense,
  products: DenseProducts,
): Promise<Dense> {
  const solution = zeros(right.rows, right.columns);
  const { columns } = right;
  const occupied = right.entries.findIndex((value) => value !== 0);
  if (occupied < 0) return solution;
  const start = Math.floor(occupied / columns / block);
  for (const [at, own] of inverseBlocks.entries()) {
    if (at < start) continue;
    const row = at * block;
    const end = row + own.rows;
    const from = Math.max(firsts[at]!, start) * block;
    const rest = part(right, row, end, 0, columns);
    if (from < row) {
      const done: Dense = {
        rows: row - from,
        columns,
        entries: solution.entries.subarray(from * columns, row * columns),
      };
      const known = await products.product(part(lower, row, end, from, row), done);
      for (let i = 0; i < rest.entries.length; i++) rest.entries[i]! -= known.entries[i]!;
    }
    place(solution, await products.product(own, rest), row, 0);
  }
  return solution;
}

/** L^-1 x for one vector, by plain loops: nothing is copied. */
export function solveLowerVector({ lower: { rows: n, entries }, firsts }: Factor, right: Float64Array): Float64Array {
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = firsts[Math.floor(i / block)]! * block, at = i * n + j; j < i; j++, at++) sum += entries[at]! * x[j]!;
    x[i] = (x[i]! - sum) / entries[i * n + i]!;
  }
  return x;
}

/** L'^-1 x for one vector. */
export function solveUpperVector({ lower: { rows: n, entries }, firsts }: Factor, right: Float64Array): Float64Array {
  const x = right.slice();
  for (let i = n - 1; i >= 0; i--) {
    const value = x[i]! / entries[i * n + i]!;
    x[i] = value;
    for (let j = firsts[Math.floor(i / block)]! * block, at = i * n + j; j < i; j++, at++)
      x[j]! -= entries[at]! * value;
  }
  return x;
}

/** (L L')^-1 from L^-1: the products of its columns, strip by strip below the zeros above the diagonal. */
export async function inverseFrom(inverseFactor: Dense, products: DenseProducts): Promise<Dense> {
  const n = inverseFactor.rows;
  const inverse = zeros(n, n);
  const strip = Math.max(128, Math.ceil(n / 4));
  for (let left = 0; left < n; left += strip) {
    const right = Math.min(n, left + strip);
    const rows = await products.transposedTimes(
      part(inverseFactor, left, n, left, right),
      part(inverseFactor, left, n, 0, right),
    );
    place(inverse, rows, left, 0);
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) inverse.entries[j * n + i] = inverse.entries[i * n + j]!;
  return inverse;
}

/** (L L')^-1 b. */
export const solveFactored = (factor: Factor, right: Float64Array): Float64Array =>
  solveUpperVector(factor, solveLowerVector(factor, right));
