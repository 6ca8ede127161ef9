import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import { above, tiny } from '../../rounding.ts';
import { rowOf, type CentreForm } from '../centre-form/form.ts';

/** A form in other units of the input, x_i = scale_i x~_i. */
export interface Stretched {
  readonly form: CentreForm;
  /** |x~| <= length |x|, the one in l2, the other the largest entry. */
  readonly length: number;
}

/**
 * What is so many times |x~| in l2 is at most that, times the length, times the largest entry of x. Errors of the form are per unit of that entry, which is at most the largest scale times
 * |x~|; what the products with the scales are rounded by is counted with them.
 */
export function stretched(form: CentreForm, scales: Float64Array): Stretched {
  const { inputs } = form;
  const direct = form.direct.slice();
  const error = form.error.slice();
  const largest = scales.reduce((most, scale) => Math.max(most, scale), 0);
  for (let row = 0; row < error.length; row++) {
    const own = rowOf(direct, row, inputs);
    for (let i = 0; i < inputs; i++) own[i]! *= scales[i]!;
    const rounding = above(2 ** -52 * lengthAbove(own)) + 2 * inputs * tiny;
    error[row] = above(above(above(error[row]! * largest) + rounding));
  }
  const squares = scales.reduce((sum, scale) => above(sum + above(above(1 / scale) ** 2)), 0);
  return { form: { ...form, direct, error }, length: above(Math.sqrt(squares)) };
}
