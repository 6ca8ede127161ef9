import { choleskyError, choleskySucceeds } from '../../compute/linear-algebra/cholesky.ts';
import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { gramRow, packedLength, shiftedNegative } from '../../compute/linear-algebra/packed.ts';
import { above, below, gamma } from '../../rounding.ts';
import type { CornerProblem } from './corner-problem.ts';

/** Four thousand corners: a second for halves of so many rows or columns. */
const most = { neurons: 12, side: 24 };

/** Whether |B diag(d) A| is at most `claim` at every corner, one after the other; undefined where they are too many to look at. */
export async function everyCornerIsBelow(
  problem: CornerProblem,
  claim: number,
  pace: Pace,
): Promise<boolean | undefined> {
  const { neurons, lengths, steepest } = problem;
  const [p, q] = [problem.leaving[0]?.length ?? 0, problem.arriving[0]?.length ?? 0];
  if (neurons > most.neurons || Math.min(p, q) > most.side) return undefined;
  // On its smaller side.
  const [rows, columns] = p <= q ? [problem.leaving, problem.arriving] : [problem.arriving, problem.leaving];
  const sizes = lengths.arriving.reduce((sum, own, k) => sum + own * lengths.leaving[k]!, 0);
  const written = above(above(gamma(neurons + 8) * above(1.001 * steepest * sizes)) + 1e-250);
  if (Math.min(p, q) === 0) return true;
  const root = below(claim - written);
  if (!(root > 0)) return false;
  const square = below(root * root);
  for (let corner = 0; corner < 2 ** neurons; corner++) {
    if (!(await isBelow(writtenOut(problem, corner, rows, columns), Math.min(p, q), square, pace))) return false;
    if (pace.due(neurons * p * q)) await pace.rest();
  }
  return true;
}

function writtenOut(
  { slopes }: CornerProblem,
  corner: number,
  rows: readonly Float64Array[],
  columns: readonly Float64Array[],
): Float64Array {
  const [n, m] = [rows[0]!.length, columns[0]!.length];
  const entries = new Float64Array(n * m);
  rows.forEach((row, k) => {
    const slope = ((corner >> k) & 1) === 1 ? slopes.high : slopes.low;
    for (let i = 0; i < n; i++) {
      const own = slope * row[i]!;
      for (let j = 0; j < m; j++) entries[i * m + j]! += own * columns[k]![j]!;
    }
  });
  return entries;
}

/** Whether `square` I - M M' has a Cholesky factor, all roundings subtracted before. */
async function isBelow(entries: Float64Array, n: number, square: number, pace: Pace): Promise<boolean> {
  const inner = entries.length / n;
  const gram = new Float64Array(packedLength(n));
  for (let i = 0; i < n; i++) gramRow(entries, i, inner, gram);
  const size = lengthAbove(entries);
  const errors =
    above(above(gamma(inner + 2) * size) * size) + above(choleskyError(n, square) + 4e-16 * square) + 1e-250;
  const shift = below(square - errors);
  return shift > 0 && (await choleskySucceeds(shiftedNegative(gram, n, shift), n, pace));
}
