import { above, gamma } from '../../rounding.ts';
import { rowOf, spreadOut, type CentreForm } from '../centre-form/form.ts';

/** What is known of one output's derivatives over all slopes. */
export interface RowRange {
  readonly output: number;
  /** By the inputs: a row of the Jacobian. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** By the deviations. */
  readonly deviationLow: Float64Array;
  readonly deviationHigh: Float64Array;
  /** How much each argument counts beyond the straight part, at most. */
  readonly beyond: Float64Array;
  /** What the errors of the form add to a change of this output, per unit of the largest change of an input. */
  readonly error: number;
}

/** From the output on: at the centre a row of the form, and what the deviations behind add in absolute values. */
export function rangeOfRow(form: CentreForm, output: number): RowRange {
  const row = form.arguments + output;
  const inflate = 1 + gamma(2 * (form.arguments + form.inputs + form.deviations) + 32);
  const centre = rowOf(form.crossing, row, form.deviations);
  const sizes = centre.map(Math.abs);
  const beyond = new Float64Array(form.arguments);
  for (const { remainder, arguments: places, deviations: own } of form.groups.toReversed()) {
    const back = remainder.backward(
      spreadOut(
        own,
        sizes.map((value) => above(value * inflate)),
      ),
    );
    for (const [k, { elements, start }] of places.entries())
      for (let i = 0; i < elements.length; i++) {
        const more = above(back[k]![elements[i]!]! * (1 + 2 ** -40));
        if (more === 0) continue;
        beyond[start + i] = above(beyond[start + i]! + more);
        const crossing = rowOf(form.crossing, start + i, form.deviations);
        for (let j = 0; j < own.start; j++) sizes[j]! += more * Math.abs(crossing[j]!);
      }
  }
  const radius = new Float64Array(form.inputs);
  let error = form.error[row]!;
  for (let t = 0; t < form.arguments; t++) {
    if (beyond[t] === 0) continue;
    error = above(error + above(beyond[t]! * form.error[t]!));
    const direct = rowOf(form.direct, t, form.inputs);
    for (let i = 0; i < direct.length; i++) radius[i]! += beyond[t]! * Math.abs(direct[i]!);
  }
  const direct = rowOf(form.direct, row, form.inputs);
  const spread = sizes.map((size, k) => above(above(size * inflate) - Math.abs(centre[k]!)));
  return {
    output,
    low: direct.map((value, i) => -above(above(radius[i]! * inflate) - value)),
    high: direct.map((value, i) => above(above(radius[i]! * inflate) + value)),
    deviationLow: centre.map((value, k) => -above(spread[k]! - value)),
    deviationHigh: centre.map((value, k) => above(spread[k]! + value)),
    beyond,
    error,
  };
}
