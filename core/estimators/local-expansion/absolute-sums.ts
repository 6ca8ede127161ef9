import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import { above, gamma } from '../../rounding.ts';
import { gather, rowOf, spreadOut, type CentreForm } from '../centre-form/form.ts';

/** Remainders sum up to a window's worth of products. */
const slack = 1 + 2 ** -40;

/** How large each row of the form, and each deviation, gets for changes of the input of length 1. */
export interface Sizes {
  readonly rows: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * Each change of an argument or an output for changes of the input of length 1 in l-infinity or l2: its own row at the centre (in the dual norm), and what comes
 * to it through deviations, whose sizes are known by then.
 */
export function largestSizes(form: CentreForm, norm: 'linf' | 'l2'): Sizes {
  const rows = new Float64Array(form.arguments + form.outputs);
  const deviations = new Float64Array(form.deviations);
  const inflate = 1 + gamma(2 * (form.inputs + form.deviations) + 16);
  const fill = (row: number): void => {
    const direct = rowOf(form.direct, row, form.inputs);
    let sum = norm === 'l2' ? lengthAbove(direct) : total(direct);
    const crossing = rowOf(form.crossing, row, form.deviations);
    for (let s = 0; s < crossing.length; s++) sum += Math.abs(crossing[s]!) * deviations[s]!;
    rows[row] = above(above(sum * inflate) + form.error[row]!);
  };
  for (const { remainder, arguments: places, deviations: own } of form.groups) {
    for (const { start, elements } of places) for (let k = 0; k < elements.length; k++) fill(start + k);
    const sizes = remainder.forward(places.map((place) => spreadOut(place, rows)));
    gather(
      own,
      sizes.map((size) => size * slack),
      deviations,
    );
  }
  for (let o = 0; o < form.outputs; o++) fill(form.arguments + o);
  return { rows, deviations };
}

/** How much all outputs together change per unit change of each input, deviations included: the largest is a bound in l1. */
export function totalsOfInputs(form: CentreForm): Float64Array {
  const weights = new Float64Array(form.arguments + form.outputs).fill(1, form.arguments);
  const inflate = 1 + gamma(2 * (form.arguments + form.outputs) + 16);
  for (const { remainder, arguments: places, deviations } of form.groups.toReversed()) {
    const totals = new Float64Array(form.deviations);
    const { start, elements } = deviations;
    for (let row = 0; row < weights.length; row++) {
      const weight = weights[row]!;
      if (weight === 0) continue;
      const crossing = rowOf(form.crossing, row, form.deviations);
      for (let s = start; s < start + elements.length; s++) totals[s]! += weight * Math.abs(crossing[s]!);
    }
    const back = remainder.backward(
      spreadOut(
        deviations,
        totals.map((value) => value * inflate),
      ),
    );
    for (const [k, place] of places.entries())
      place.elements.forEach((element, i) => (weights[place.start + i]! += back[k]![element]! * slack));
  }
  const totals = new Float64Array(form.inputs);
  let error = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    const direct = rowOf(form.direct, row, form.inputs);
    for (let i = 0; i < direct.length; i++) totals[i]! += weight * Math.abs(direct[i]!);
    error += weight * form.error[row]!;
  }
  return totals.map((value) => above(above((value + error) * inflate) * slack));
}

function total(row: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.abs(row[i]!);
  return sum;
}
