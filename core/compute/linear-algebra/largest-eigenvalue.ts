import { above, gamma } from '../../rounding.ts';
import { type BlockColumns, smallestEigenvalueBelow } from './blocked-cholesky.ts';
import { choleskyError, choleskySucceeds, firstEntries } from './cholesky.ts';
import { seededVector } from './euclidean.ts';
import { type Eigenpair, largestEigenpair } from './lanczos.ts';
import type { Pace } from './pace.ts';
import { largestRowSum, type Packed, packedProduct, rowStart, shiftedNegative } from './packed.ts';

/** How near both ends shall come to each other. */
export interface Care {
  /** Of the estimate, as Lanczos steps have it. */
  readonly tolerance: number;
  /** Above the estimate by as little as the first two that a factorisation accepts. */
  readonly margins: readonly number[];
}

const careful: Care = { tolerance: 1e-12, margins: [2e-10, 1e-8, 1e-6, 1e-4, 1e-2, 0.1] };

/** Six digits: two thirds of the steps. */
const near: Care = { tolerance: 1e-8, margins: [1e-6, 1e-4, 1e-2, 0.1] };

/** Four digits: half as many steps, and no factorisation that fails because the estimate is not the last digit. */
const brief: Care = { tolerance: 1e-7, margins: [1e-4, 1e-2, 0.1] };

/** The last digits of small matrices cost little. */
export const careFor = (n: number): Care => (n <= 640 ? careful : n <= 2000 ? near : brief);

/** The largest eigenpair of a packed symmetric positive semidefinite matrix, as an estimate. */
export async function packedEigenpair(matrix: Packed, n: number, pace: Pace, care = careful): Promise<Eigenpair> {
  const firsts = firstEntries(matrix, n);
  return largestEigenpair(
    (x) => packedProduct(matrix, n, x, firsts),
    seededVector(n, 1),
    { steps: 400, tolerance: care.tolerance, cost: n * n },
    pace,
  );
}

/** Products of a factorisation from which blocks pay. */
const worthBlocks = 4e6;

/**
 * A number that no eigenvalue of the packed symmetric matrix exceeds. A small residual of one eigenpair would prove nothing
 * about the largest eigenvalue; that shift I - G has a Cholesky factor does. `estimate` only decides how tight the answer is.
 */
export async function eigenvalueUpper(
  matrix: Packed,
  n: number,
  estimate: number,
  pace: Pace,
  { margins }: Pick<Care, 'margins'> = careful,
): Promise<number> {
  let best = above(largestRowSum(matrix, n) * (1 + 2 * gamma(n)));
  if (!(estimate > 0)) return best;
  const firsts = firstEntries(matrix, n);
  const products = firsts.reduce((sum, first, i) => sum + (i - first) ** 2 / 2, 0);
  for (const margin of margins) {
    const shift = estimate * (1 + margin);
    if (shift >= best) break;
    const proved =
      products < worthBlocks
        ? await provedInOne(matrix, n, shift, pace)
        : await provedInBlocks(matrix, n, firsts, shift, pace);
    if (proved === undefined) continue;
    best = Math.min(best, proved);
    // A factorisation that only just succeeds may be so inaccurate that a larger shift proves more.
    if (proved <= shift * (1 + 4 * margin)) break;
  }
  return best;
}

async function provedInOne(matrix: Packed, n: number, shift: number, pace: Pace): Promise<number | undefined> {
  const shifted = shiftedNegative(matrix, n, shift);
  const error = shiftError(shifted, n);
  return (await choleskySucceeds(shifted, n, pace)) ? above(shift + error) : undefined;
}

async function provedInBlocks(
  matrix: Packed,
  n: number,
  firsts: Int32Array,
  shift: number,
  pace: Pace,
): Promise<number | undefined> {
  const width = n < 1500 ? 64 : 128;
  const smallest = await smallestEigenvalueBelow(shiftedColumns(matrix, n, firsts, shift, width), pace);
  // The diagonal of shift I - G is rounded once, by at most half a unit of its largest entry.
  return smallest === undefined
    ? undefined
    : above(above(shift - smallest) + 2 ** -52 * largestDiagonal(matrix, n, shift));
}

/** The block columns of shift I - G. */
function shiftedColumns(matrix: Packed, n: number, firsts: Int32Array, shift: number, width: number): BlockColumns {
  const blocks = Math.ceil(n / width);
  // The last row that reaches a block column, and so all later ones too.
  const ends = Array.from({ length: blocks }, (_, block) => Math.min(n, (block + 1) * width));
  for (let i = 0; i < n; i++) {
    const block = Math.floor(firsts[i]! / width);
    ends[block] = Math.max(ends[block]!, Math.min(n, width * Math.ceil((i + 1) / width)));
  }
  for (let block = 1; block < blocks; block++) ends[block] = Math.max(ends[block]!, ends[block - 1]!);
  return {
    size: n,
    width,
    end: (block) => ends[block]!,
    column(block, doubles) {
      const first = block * width;
      const own = Math.min(width, n - first);
      const entries = doubles((ends[block]! - first) * own).fill(0);
      for (let i = first, at = 0; i < ends[block]!; i++, at += own) {
        const row = rowStart(i) + first;
        const last = Math.min(own, i - first + 1);
        for (let j = 0; j < last; j++) entries[at + j] = -matrix[row + j]!;
        if (i - first < own) entries[at + i - first]! += shift;
      }
      return entries;
    },
  };
}

function largestDiagonal(matrix: Packed, n: number, shift: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(shift - matrix[rowStart(i) + i]!));
  return largest;
}

/** Of the factorisation, and of the rounded subtraction on the diagonal (half a unit of each entry, at most the largest). */
function shiftError(shifted: Packed, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(shifted[rowStart(i) + i]!));
  return above(choleskyError(n, largest) + 2 ** -52 * largest);
}
