import { choleskyError, choleskySucceeds } from '../../compute/linear-algebra/cholesky.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedGram } from '../../compute/linear-algebra/packed-gram.ts';
import { rowStart, type Packed } from '../../compute/linear-algebra/packed.ts';
import { above, below, gamma } from '../../rounding.ts';
import { rowOf, type CentreForm } from '../centre-form/form.ts';
import type { Iterate } from './barrier.ts';
import type { Problem } from './problem.ts';

/** How a matrix is shown to be positive definite: the proof and its check use different ones. */
export type Factorisation = (matrix: Packed, n: number, pace: Pace) => Promise<boolean>;

/** Above anything that underflow can add to sums of products of entries below 2^100. */
const underflow = 2 ** -700;
const largestEntry = 2 ** 100;

/**
 * The l2 bound that these numbers prove, rounding included, or undefined. The rows are known up to an error e |x|: with y = y~ + e, y^2 <= (1 + h) y~^2 + (1 + 1/h) e^2, so that F with
 * its diagonal divided by 1 + h being positive semidefinite proves |f|^2 <= l (1 + (1 + 1/h) sum of e_i^2 / diagonal_i) |x|^2. The matrix is scaled by powers of two,
 * assembled in doubles, and factored after everything that rounding may have added was taken from its diagonal (Rump 2006).
 */
export async function provedBound(
  form: CentreForm,
  problem: Problem,
  { s, square }: Iterate,
  pace: Pace,
  factorises: Factorisation = choleskySucceeds,
): Promise<number | undefined> {
  const { rows, kappa, rowVariable, outputs, share, deviationVariable } = problem;
  const p = rows.length;
  if (!(square > 0) || s.length !== problem.variables || !s.every((value) => value > 0 && value < largestEntry)) return undefined; // prettier-ignore
  const diagonal = Float64Array.from(rows, (_, i) =>
    i < p - outputs ? below(kappa[i]! * s[rowVariable[i]!]!) : square,
  );
  const scales = diagonal.map((value) => 2 ** -Math.round(Math.log2(value) / 2));
  let lost = 0;
  for (const [i, row] of rows.entries()) lost = above(lost + above(above(form.error[row]! ** 2) / diagonal[i]!));
  // The best h is about the root of what is lost; never so small that 1 + h is 1.
  const h = Math.max(1e-12, Math.sqrt(lost));
  const inner = form.inputs + form.deviations;
  const stacked = new Float64Array(p * inner);
  const roots = share.map((c, k) => Math.sqrt(above(c * s[deviationVariable[k]!]!)) * (1 + 2 ** -50));
  rows.forEach((row, i) => {
    const direct = rowOf(form.direct, row, form.inputs);
    const crossing = rowOf(form.crossing, row, form.deviations);
    const at = i * inner;
    for (let j = 0; j < direct.length; j++) stacked[at + j] = scales[i]! * direct[j]!;
    for (let k = 0; k < crossing.length; k++) stacked[at + form.inputs + k] = scales[i]! * (crossing[k]! * roots[k]!);
  });
  if (!stacked.every((value) => Math.abs(value) < largestEntry)) return undefined;
  const matrix = await packedGram({ rows: p, columns: inner, entries: stacked }, pace);
  // |rounding of the Gram matrix| and of its factors' entries is at most gamma |Z| |Z|', of which the trace bounds the norm.
  let [trace, largest] = [0, 0];
  for (let i = 0; i < p; i++) trace += matrix[rowStart(i) + i]!;
  for (let at = 0; at < matrix.length; at++) matrix[at] = -matrix[at]!;
  for (let i = 0; i < p; i++) {
    const at = rowStart(i) + i;
    const own = below(below(diagonal[i]! * scales[i]! * scales[i]!) / above(1 + h));
    matrix[at] = below(matrix[at]! + own);
    trace += own;
    largest = Math.max(largest, Math.abs(matrix[at]));
  }
  const mu = above(choleskyError(p, largest) + above(1.01 * gamma(inner + 16) * trace) + underflow);
  if (!(mu < 1)) return undefined;
  for (let i = 0; i < p; i++) matrix[rowStart(i) + i] = below(matrix[rowStart(i) + i]! - mu);
  if (!(await factorises(matrix, p, pace))) return undefined;
  const factor = above(1 + above(above(1 + above(1 / h)) * lost));
  return above(Math.sqrt(above(square * factor)));
}
