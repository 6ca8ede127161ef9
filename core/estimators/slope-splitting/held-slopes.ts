import { above } from '../../rounding.ts';
import { formOfOutput, rowOf, type CentreForm } from '../centre-form/form.ts';
import { rowsOf } from '../jacobian-relaxation/tangent.ts';
import { largestSizes } from '../local-expansion/absolute-sums.ts';

/** Numbers of the form: it is copied for every part. */
const mostNumbers = 8e6;
/** Multiplications for a first look at all rows. */
const mostProducts = 4e9;

/** Whether a look at every row is a matter of seconds, and a copy of the form one of moments. */
export const isSplittable = ({ arguments: count, inputs, deviations, outputs }: CentreForm): boolean =>
  (count + 1) * (inputs + deviations) <= mostNumbers && count * (inputs + 3 * deviations) * outputs <= mostProducts;

/** One unit's slope held at an end of its interval: -1 the lower, 1 the upper. */
export interface Held {
  /** Of the form. */
  readonly deviation: number;
  readonly end: -1 | 1;
}

/** A form of one output, with the units of which slopes can be held: those that look at one argument alone. */
export interface SplittableForm {
  readonly form: CentreForm;
  readonly units: readonly Unit[];
  /** At most so large is each deviation, per unit of the largest change of an input, whatever the slopes. */
  readonly deviations: Float64Array;
}

export interface Unit {
  readonly deviation: number;
  /** Row of its argument. */
  readonly argument: number;
  /** Half the width of its slopes. */
  readonly radius: number;
}

/** The form as far as it concerns one output. */
export function splittableForm(form: CentreForm, output: number): SplittableForm {
  const units = form.groups.flatMap((group): Unit[] => {
    const { factors } = group.remainder;
    if (factors === undefined) return [];
    const rows = rowsOf(group);
    const { elements, start } = group.deviations;
    return Array.from(elements, (element, i) => ({
      deviation: start + i,
      argument: rows[i]!,
      radius: factors[element]!,
    }));
  });
  const alone = formOfOutput(form, output);
  return { form: alone, units, deviations: largestSizes(alone, 'linf').deviations };
}

/** Of two products and a sum of doubles, relative to the sizes of the summands. */
const rounding = 2 ** -50;

/**
 * The form with a slope held: w = end r y of that unit is put in where w stood, so that later rows see the input and earlier deviations through it. What that rounds is
 * counted with the form's own error.
 */
export function withHeld({ form, units, deviations }: SplittableForm, held: readonly Held[]): CentreForm {
  const { inputs, arguments: count } = form;
  const [direct, crossing, error] = [form.direct.slice(), form.crossing.slice(), form.error.slice()];
  const unitOf = new Map(units.map((unit) => [unit.deviation, unit]));
  // In the order of the network: the argument of a unit is then as it will be.
  for (const { deviation, end } of held.toSorted((a, b) => a.deviation - b.deviation)) {
    const { argument, radius } = unitOf.get(deviation)!;
    const through = rowOf(direct, argument, inputs);
    const across = rowOf(crossing, argument, form.deviations);
    for (let row = argument + 1; row <= count; row++) {
      const weight = crossing[row * form.deviations + deviation]!;
      if (weight === 0) continue;
      const factor = weight * end * radius;
      let lost = 0;
      for (let i = 0, at = row * inputs; i < inputs; i++, at++) {
        const part = factor * through[i]!;
        lost += Math.abs(part) + Math.abs(direct[at]!);
        direct[at]! += part;
      }
      for (let k = 0, at = row * form.deviations; k < deviation; k++, at++) {
        const part = factor * across[k]!;
        lost += (Math.abs(part) + Math.abs(crossing[at]!)) * deviations[k]!;
        crossing[at]! += part;
      }
      crossing[row * form.deviations + deviation] = 0;
      // Sums of up to that many sizes are themselves rounded: twice as much covers it.
      error[row] = above(
        above(error[row]! + above(2 * rounding * lost)) + above(Math.abs(factor) * error[argument]! * (1 + rounding)),
      );
    }
  }
  return { ...form, direct, crossing, error };
}
