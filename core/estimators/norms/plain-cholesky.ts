import type { Pace } from '../../compute/linear-algebra/pace.ts';

/**
 * A symmetric matrix as the upper half of its band: row i starts at i * width and holds columns i, i + 1, .., i + width - 1.
 */
export interface Band {
  readonly n: number;
  readonly width: number;
  readonly entries: Float64Array;
}

export const emptyBand = (n: number, width: number): Band => ({ n, width, entries: new Float64Array(n * width) });

/** shift I - G. */
export function shiftMinus({ n, width, entries }: Band, shift: number): Band {
  const shifted = entries.map((entry) => -entry);
  for (let i = 0; i < n; i++) shifted[i * width]! += shift;
  return { n, width, entries: shifted };
}

/**
 * Cholesky row by row as the textbook has it, overwriting the band: slow and short, so that a recheck does not rest on the blocked
 * kernels it checks. `choleskyError` holds for it as for any order of the sums.
 */
export async function plainCholeskySucceeds({ n, width, entries: a }: Band, pace: Pace): Promise<boolean> {
  for (let j = 0; j < n; j++) {
    const row = j * width;
    const pivot = a[row]!;
    if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
    const root = Math.sqrt(pivot);
    const reach = Math.min(width, n - j);
    a[row] = root;
    for (let k = 1; k < reach; k++) a[row + k]! /= root;
    for (let i = 1; i < reach; i++) {
      const factor = a[row + i]!;
      const other = (j + i) * width - i;
      if (factor !== 0) for (let k = i; k < reach; k++) a[other + k]! -= factor * a[row + k]!;
    }
    if (pace.due((reach * reach) / 2)) await pace.rest();
  }
  return true;
}
