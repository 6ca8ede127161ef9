import { above, gamma } from '../../rounding.ts';
import { choleskyError, choleskySucceeds, firstEntries } from './cholesky.ts';
import { seededVector } from './euclidean.ts';
import { type Eigenpair, largestEigenpair } from './lanczos.ts';
import type { Pace } from './pace.ts';
import { largestRowSum, type Packed, packedProduct, rowStart, shiftedNegative } from './packed.ts';

/** The largest eigenpair of a packed symmetric positive semidefinite matrix, as an estimate. */
export async function packedEigenpair(matrix: Packed, n: number, pace: Pace): Promise<Eigenpair> {
  const firsts = firstEntries(matrix, n);
  return largestEigenpair(
    (x) => packedProduct(matrix, n, x, firsts),
    seededVector(n, 1),
    { steps: 400, tolerance: 1e-12, cost: n * n },
    pace,
  );
}

/** Above the estimate by as little as the first two that a factorisation accepts. */
const margins = [2e-10, 1e-8, 1e-6, 1e-4, 1e-2, 0.1];

/**
 * A number that no eigenvalue of the packed symmetric matrix exceeds. A small residual of one eigenpair would prove nothing
 * about the largest eigenvalue; that shift I - G has a Cholesky factor does. `estimate` only decides how tight the answer is.
 */
export async function eigenvalueUpper(matrix: Packed, n: number, estimate: number, pace: Pace): Promise<number> {
  const rowSum = above(largestRowSum(matrix, n) * (1 + 2 * gamma(n)));
  if (estimate > 0)
    for (const margin of margins) {
      const shift = estimate * (1 + margin);
      if (shift >= rowSum) break;
      const shifted = shiftedNegative(matrix, n, shift);
      const error = shiftError(shifted, n);
      if (await choleskySucceeds(shifted, n, pace)) return Math.min(rowSum, above(shift + error));
    }
  return rowSum;
}

/** Of the factorisation, and of the rounded subtraction on the diagonal (half a unit of each entry, at most the largest). */
function shiftError(shifted: Packed, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(shifted[rowStart(i) + i]!));
  return above(choleskyError(n, largest) + 2 ** -52 * largest);
}
