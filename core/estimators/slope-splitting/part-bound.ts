import type { Work } from '../../compute/work.ts';
import { narrowed } from '../jacobian-relaxation/adjoint.ts';
import { rangeOfRow, type RowRange } from '../jacobian-relaxation/adjoint-ranges.ts';
import { chordOf } from '../jacobian-relaxation/chord.ts';
import { rowNorm } from '../jacobian-relaxation/value.ts';
import { leaf } from '../region-splitting/tree.ts';
import { withHeld, type Held, type SplittableForm } from './held-slopes.ts';

/** `quick` takes the derivatives as they were known before; `narrowed` relaxes each whose sign is not known, which takes much longer. */
export type Effort = 'quick' | 'narrowed';

export interface PartBound {
  readonly value: number;
  readonly range: RowRange;
  /** The unit that is to be held next; `leaf` when none is left that matters. */
  readonly next: number;
}

/**
 * The largest norm of the output's row of the Jacobian, with some slopes held. `before` is what is known of the derivatives where fewer are held: it holds here as well.
 */
export async function boundOfPart(
  splittable: SplittableForm,
  held: readonly Held[],
  before: RowRange | undefined,
  effort: Effort,
  work: Work,
): Promise<PartBound> {
  const form = withHeld(splittable, held);
  const own = rangeOfRow(form, 0);
  const known = before === undefined ? own : intersected(own, before);
  const range = effort === 'quick' ? known : await narrowed(form, known, work);
  const { value, tangent } = rowNorm(form, range);
  let [next, most] = [leaf, 0];
  for (const { deviation, argument, radius } of splittable.units) {
    const [low, high] = [range.deviationLow[deviation]!, range.deviationHigh[deviation]!];
    const [least, largest] = [tangent.low[argument]!, tangent.high[argument]!];
    const [derivative, change] = [Math.max(-low, high), Math.max(-least, largest)];
    // What the chords of both give away, and a little for what holding the slope decides behind it.
    const lost = radius * (derivative * chordOf(least, largest).rest + change * chordOf(low, high).rest);
    const promise = lost + 0.1 * radius * derivative * change;
    if (promise > most) [next, most] = [deviation, promise];
  }
  return { value, range, next };
}

const intersected = (one: RowRange, other: RowRange): RowRange => ({
  ...one,
  low: one.low.map((value, i) => Math.max(value, other.low[i]!)),
  high: one.high.map((value, i) => Math.min(value, other.high[i]!)),
  deviationLow: one.deviationLow.map((value, k) => Math.max(value, other.deviationLow[k]!)),
  deviationHigh: one.deviationHigh.map((value, k) => Math.min(value, other.deviationHigh[k]!)),
});
