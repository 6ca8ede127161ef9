import type { Pace } from '../../compute/linear-algebra/pace.ts';

/**
 * Cholesky column by column as the textbook has it, on a full row-major matrix that it overwrites: slow and short, so that a
 * recheck does not rest on the blocked kernels it checks. `choleskyError` holds for it as for any order of the sums.
 */
export async function plainCholeskySucceeds(a: Float64Array, n: number, pace: Pace): Promise<boolean> {
  for (let j = 0; j < n; j++) {
    const pivotRow = j * n;
    const pivot = a[pivotRow + j]!;
    if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
    const root = Math.sqrt(pivot);
    // The upper triangle: row j becomes row j of L', and is subtracted from the rows below it.
    a[pivotRow + j] = root;
    for (let k = j + 1; k < n; k++) a[pivotRow + k]! /= root;
    for (let i = j + 1; i < n; i++) {
      const factor = a[pivotRow + i]!;
      const row = i * n;
      if (factor !== 0) for (let k = i; k < n; k++) a[row + k]! -= factor * a[pivotRow + k]!;
    }
    if (pace.due(((n - j) * (n - j)) / 2)) await pace.rest();
  }
  return true;
}
