import type { Work } from '../../compute/work.ts';
import { narrowed } from '../jacobian-relaxation/adjoint.ts';
import { rangeOfRow, type RowRange } from '../jacobian-relaxation/adjoint-ranges.ts';
import { chordOf } from '../jacobian-relaxation/chord.ts';
import { rowNorm } from '../jacobian-relaxation/value.ts';
import { rowOf } from '../centre-form/form.ts';
import { leaf } from '../region-splitting/tree.ts';
import { withHeld, type Held, type SplittableForm } from './held-slopes.ts';

/** `quick` takes the derivatives as they were known before; `narrowed` relaxes those whose sign is not known, which takes much longer. */
export type Effort = 'quick' | 'narrowed';

/**
 * Inputs whose derivatives are narrowed where slopes are held: a part inherits what is known of the others. All 3,072 of an image take five times as long and are worth no more than the next
 * slope that is held.
 */
const mostInputs = 300;

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
  const range = effort === 'quick' ? known : await narrowed(form, known, work, held.length === 0 ? undefined : mostInputs); // prettier-ignore
  const { value, tangent } = rowNorm(form, range);
  const given = givenAway(range);
  let [next, most] = [leaf, 0];
  for (const { deviation, argument, radius } of splittable.units) {
    const [low, high] = [range.deviationLow[deviation]!, range.deviationHigh[deviation]!];
    const [least, largest] = [tangent.low[argument]!, tangent.high[argument]!];
    const [derivative, change] = [Math.max(-low, high), Math.max(-least, largest)];
    // What the chords of both give away, those of the inputs' derivatives that it widens, and a little for what holding the slope decides behind it.
    const widened = rowOf(form.direct, argument, form.inputs).reduce((sum, x, i) => sum + given[i]! * Math.abs(x), 0);
    const lost = radius * (derivative * (chordOf(least, largest).rest + widened) + change * chordOf(low, high).rest);
    const promise = lost + 0.1 * radius * derivative * change;
    if (promise > most) [next, most] = [deviation, promise];
  }
  return { value, range, next };
}

/** By how much more the chord of each input's derivative gives away, for every unit by which the interval of it is wider to both sides. */
const givenAway = ({ low, high }: RowRange): Float64Array =>
  low.map((from, i) => (from < 0 && high[i]! > 0 ? (2 * Math.min(-from, high[i]!)) / (high[i]! - from) : 0));

const intersected = (one: RowRange, other: RowRange): RowRange => ({
  ...one,
  low: one.low.map((value, i) => Math.max(value, other.low[i]!)),
  high: one.high.map((value, i) => Math.min(value, other.high[i]!)),
  deviationLow: one.deviationLow.map((value, k) => Math.max(value, other.deviationLow[k]!)),
  deviationHigh: one.deviationHigh.map((value, k) => Math.min(value, other.deviationHigh[k]!)),
});
