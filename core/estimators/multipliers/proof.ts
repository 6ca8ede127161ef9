import { choleskyError } from '../../compute/linear-algebra/cholesky.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, below, unit as roundoff } from '../../rounding.ts';
import type { NormalForm, WindowsLaw } from './normal-form.ts';
import { ScaledMatrix, variableScales } from './scaled-matrix.ts';
import { weightedRows } from './weighted-rows.ts';
import { windowLaw, windowLawHolds } from './window-law.ts';

/** Above anything that underflow can add: at most 2^30 sums of products of numbers up to 2^100, each off by 2^-1074. */
const underflow = 2 ** -700;

/**
 * Whether `bound` is proved by these multipliers (one per element of a slope unit, one for a whole ball): the exact matrix
 *   H = bound^2 |x|^2 + sum of lam_k (z_k - a_k y_k)(z_k - b_k y_k) - |f|^2   (ball: lam (|z|^2 - gain^2 |y|^2))
 * is positive semidefinite. For a difference of two evaluations every summand with a lam is at most 0, so |f|^2 <= bound^2 |x|^2. H is assembled in
 * doubles after scaling by powers of two; a Cholesky factorisation of H - mu I, mu above every rounding error, decides (Rump 2006).
 */
export async function provesBound(
  form: NormalForm,
  multipliers: readonly Float64Array[],
  bound: number,
  pace: Pace,
): Promise<boolean> {
  const { sizes } = form;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (!(bound > 0 && bound < Number.POSITIVE_INFINITY)) return false;
  if (!multipliers.every((own) => own.every((lam) => lam >= 0 && lam < Number.POSITIVE_INFINITY))) return false;
  if (!form.units.every(({ law }, at) => law.kind !== 'windows' || lawsHold(law, multipliers[at]!))) return false;
  const rows = weightedRows(form, multipliers, below(bound * bound));
  const scales = variableScales(rows, total);
  const matrix = scales === undefined ? undefined : ScaledMatrix.of(rows, scales, sizes[0]!);
  if (matrix === undefined) return false;
  const { error, largest, largestSum } = await matrix.assemble(rows, pace);
  const mu = above(1.1 * (choleskyError(total, largest) + 4 * roundoff * largest + error + underflow));
  if (!(mu < Number.POSITIVE_INFINITY)) return false;
  return matrix.isLarge
    ? matrix.isPositiveByBlocks(mu, total * largest - largestSum, pace)
    : matrix.isPositiveBy(mu, pace);
}

/** Whether every window's law holds for its vertices, with the theta that stands behind the multipliers. */
export function lawsHold({ starts, floored }: WindowsLaw, multipliers: Float64Array): boolean {
  const theta = multipliers[starts.length - 1]!;
  const counts = new Set(Array.from({ length: starts.length - 1 }, (_, k) => starts[k + 1]! - starts[k]!));
  return [...counts].every((count) => windowLawHolds(windowLaw(count, floored, theta), count, floored));
}
