import { above, gamma, tiny } from '../../rounding.ts';
import { eliminateFourRows } from './four-rows.ts';
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
    if (rows === 4) eliminateFourRows(matrix, rowStart, i, from, firsts);
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
