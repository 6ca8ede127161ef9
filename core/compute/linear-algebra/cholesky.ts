import { above, gamma, tiny } from '../../rounding.ts';
import type { Pace } from './pace.ts';
import { type Packed, rowStart } from './packed.ts';

/**
 * Whether the Cholesky factorisation of a packed symmetric matrix runs to its end with positive pivots, in doubles. The
 * matrix is overwritten by its factor. With `choleskyError` this is a proof about the exact matrix. Zeros before the first entry of
 * a row stay zeros in the factor and are skipped, so that a banded matrix costs only its band.
 */
export async function choleskySucceeds(matrix: Packed, n: number, pace: Pace): Promise<boolean> {
  const firsts = firstEntries(matrix, n);
  for (let i = 0; i < n; i += 4) {
    const rows = Math.min(4, n - i);
    let from = i;
    for (let r = i; r < i + rows; r++) from = Math.min(from, firsts[r]!);
    // Pairs of columns.
    from -= from % 2;
    if (rows === 4) fourRows(matrix, i, from, firsts);
    for (let r = i; r < i + rows; r++) if (!finishRow(matrix, r, rows === 4 ? i : from, from)) return false;
    if (pace.due((rows * (i - from) * (i - from)) / 2 + i)) await pace.rest();
  }
  return true;
}

/** Column of the first entry of every row that is not zero: left of it lies nothing, in the matrix and in its factor. */
export function firstEntries(matrix: Packed, n: number): Int32Array {
  const firsts = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const row = rowStart(i);
    let j = 0;
    while (j < i && matrix[row + j] === 0) j++;
    firsts[i] = j;
  }
  return firsts;
}

/**
 * Columns from..first-1 of rows first..first+3, two columns at a time: eight products for six loads. Both are even.
 */
function fourRows(matrix: Packed, first: number, from: number, firsts: Int32Array): void {
  const a = rowStart(first);
  const b = rowStart(first + 1);
  const c = rowStart(first + 2);
  const d = rowStart(first + 3);
  for (let j = from; j < first; j += 2) {
    const p = rowStart(j);
    const q = rowStart(j + 1);
    let a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0; // prettier-ignore
    for (let k = Math.max(from, Math.min(firsts[j]!, firsts[j + 1]!)); k < j; k++) {
      const x = matrix[p + k]!;
      const y = matrix[q + k]!;
      const ak = matrix[a + k]!;
      const bk = matrix[b + k]!;
      const ck = matrix[c + k]!;
      const dk = matrix[d + k]!;
      a0 += ak * x;
      a1 += ak * y;
      b0 += bk * x;
      b1 += bk * y;
      c0 += ck * x;
      c1 += ck * y;
      d0 += dk * x;
      d1 += dk * y;
    }
    const pivot = matrix[p + j]!;
    const below = matrix[q + j]!;
    const next = matrix[q + j + 1]!;
    const la = (matrix[a + j]! - a0) / pivot;
    const lb = (matrix[b + j]! - b0) / pivot;
    const lc = (matrix[c + j]! - c0) / pivot;
    const ld = (matrix[d + j]! - d0) / pivot;
    matrix[a + j] = la;
    matrix[b + j] = lb;
    matrix[c + j] = lc;
    matrix[d + j] = ld;
    matrix[a + j + 1] = (matrix[a + j + 1]! - (a1 + la * below)) / next;
    matrix[b + j + 1] = (matrix[b + j + 1]! - (b1 + lb * below)) / next;
    matrix[c + j + 1] = (matrix[c + j + 1]! - (c1 + lc * below)) / next;
    matrix[d + j + 1] = (matrix[d + j + 1]! - (d1 + ld * below)) / next;
  }
}

/** Columns column..i of row i, which is zero before `from`; the columns before `column` are done already. */
function finishRow(matrix: Packed, i: number, column: number, from: number): boolean {
  const row = rowStart(i);
  for (let j = column; j < i; j++) {
    const other = rowStart(j);
    let sum = 0;
    for (let k = from; k < j; k++) sum += matrix[row + k]! * matrix[other + k]!;
    matrix[row + j] = (matrix[row + j]! - sum) / matrix[other + j]!;
  }
  let sum = 0;
  for (let k = from; k < i; k++) sum += matrix[row + k]! * matrix[row + k]!;
  const pivot = matrix[row + i]! - sum;
  // Written so that NaN fails as well.
  if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
  matrix[row + i] = Math.sqrt(pivot);
  return true;
}

/**
 * If `choleskySucceeds`, the exact matrix A has no eigenvalue below minus this. The computed factor satisfies
 * L L' = A + D with |d_ij| <= g/(1-g) sqrt(a_ii a_jj), g = gamma_(n+1), whatever the order of the sums (Demmel; Higham,
 * Accuracy and Stability, Thm 10.3 and 10.7; Rump, Verification of positive definiteness, 2006), so that
 * |D| <= g/(1-g) trace(A). Underflow adds at most one `tiny` for each product and `tiny` times a pivot for each quotient
 * to every entry, together n (n + 1 + max a_ii) tiny in norm; four times that leaves room for the roundings of these terms.
 */
export function choleskyError(n: number, largestDiagonal: number): number {
  const g = gamma(n + 1);
  const relative = above(g / (1 - g));
  return above(above(relative * above(n * largestDiagonal)) + 4 * n * (n + 1 + largestDiagonal) * tiny);
}
