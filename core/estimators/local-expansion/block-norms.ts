import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, gamma } from '../../rounding.ts';
import { rowOf, type CentreForm, type Group } from '../centre-form/form.ts';
import { denseNorm } from '../norms/dense.ts';
import { largestSizes } from './absolute-sums.ts';

/** Up to here the spectral norm of a block is proved; of larger ones the Frobenius norm is taken. */
export const largestSide = 1500;

/**
 * The l2 constant: for each group of units a bound of |w|, from the spectral norms of the blocks that lead to it and from the lengths of its
 * rows one by one, whichever is less; then the same for the outputs.
 */
export async function euclideanBound(form: CentreForm, pace: Pace, side = largestSide): Promise<number> {
  const sizes = largestSizes(form, 'l2');
  const lengths: number[] = [];
  for (const [g, group] of form.groups.entries()) {
    const { start, elements } = group.deviations;
    const single = lengthAbove(sizes.deviations.subarray(start, start + elements.length));
    const scaled = scaledArguments(group);
    const joint = scaled && (await reachOf(form, scaled, form.groups.slice(0, g), lengths, pace, side));
    lengths.push(Math.min(single, joint ?? Number.POSITIVE_INFINITY));
  }
  const outputs = Array.from({ length: form.outputs }, (_, o) => ({ row: form.arguments + o, factor: 1 }));
  const joint = await reachOf(form, outputs, form.groups, lengths, pace, side);
  const direct = await blockNorm(form, outputs, 'direct', 0, form.inputs, pace, side);
  const rest = outputs.map(({ row }) => {
    const crossing = rowOf(form.crossing, row, form.deviations);
    let sum = 0;
    for (let s = 0; s < crossing.length; s++) sum += Math.abs(crossing[s]!) * sizes.deviations[s]!;
    return above(above(sum * (1 + gamma(2 * form.deviations + 8))) + form.error[row]!);
  });
  return Math.min(joint, above(direct + lengthAbove(Float64Array.from(rest))));
}

interface Scaled {
  readonly row: number;
  readonly factor: number;
}

/** |w|^2 <= sum of q_t y_t^2: the arguments with the roots of q. */
function scaledArguments({ remainder, arguments: places, deviations }: Group): readonly Scaled[] | undefined {
  const squares = remainder.squares?.();
  if (squares === undefined) return undefined;
  return places.flatMap(({ elements, start }, k) => {
    const map = squares[k]!;
    const q = map.applyTransposed(new Float64Array(deviations.size).fill(1));
    const inflate = 1 + gamma(map.terms + 8) + 2 * map.entryError;
    return Array.from(elements, (element, i) => ({ row: start + i, factor: above(Math.sqrt(q[element]! * inflate)) }));
  });
}

/** The length of some rows, each times its factor, when the deviations before have these lengths. */
async function reachOf(
  form: CentreForm,
  rows: readonly Scaled[],
  before: readonly Group[],
  lengths: readonly number[],
  pace: Pace,
  side: number,
): Promise<number> {
  let sum = await blockNorm(form, rows, 'direct', 0, form.inputs, pace, side);
  for (const [h, { deviations }] of before.entries()) {
    const norm = await blockNorm(form, rows, 'crossing', deviations.start, deviations.elements.length, pace, side);
    sum = above(sum + above(norm * lengths[h]!));
  }
  const errors = lengthAbove(Float64Array.from(rows, ({ row, factor }) => above(factor * form.error[row]!)));
  return above(sum + errors);
}

async function blockNorm(
  form: CentreForm,
  rows: readonly Scaled[],
  part: 'direct' | 'crossing',
  start: number,
  columns: number,
  pace: Pace,
  side: number,
): Promise<number> {
  const length = part === 'direct' ? form.inputs : form.deviations;
  const entries = new Float64Array(rows.length * columns);
  rows.forEach(({ row, factor }, k) => {
    const own = rowOf(form[part], row, length).subarray(start, start + columns);
    for (let j = 0; j < columns; j++) entries[k * columns + j] = factor * own[j]!;
  });
  // What the products were rounded by: a unit of each, and so of the Frobenius norm.
  const frobenius = lengthAbove(entries);
  if (frobenius === 0 || Math.min(rows.length, columns) > side) return above(frobenius);
  let best = frobenius;
  for await (const { upper } of denseNorm({ rows: rows.length, columns, entries }, pace)) best = Math.min(best, upper ?? best); // prettier-ignore
  return above(best + above(2 ** -52 * frobenius));
}
