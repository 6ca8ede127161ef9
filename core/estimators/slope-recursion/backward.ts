import type { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, below } from '../../rounding.ts';
import { type Chain, type LayerMatrix, middleOf } from './chain.ts';
import { congruence, scaledUp } from './congruence.ts';
import { asDouble, one, timesBelow } from './exponent.ts';
import { largestEigenvalue } from './spectrum.ts';

/**
 * Whether the multipliers prove the bound, found out from the output to the input, where the recursion goes the other way: the quadratic form
 *   bound^2 |x|^2 + sum of lam (z - a y)(z - b y) - |f|^2
 * is freed of the last z, then of the one before. What is left to be paid for by a layer's output is lam z'U z, and that of the layer before
 *   U- = (lam / lam-) W' [c^2 (I - U)^-1 - a b I] W,
 * as long as U < I; in the end U <= I for x itself.
 */
export async function provesBackward(
  { layers, slopes }: Chain,
  ratios: readonly number[],
  bound: number,
  products: DenseProducts,
  pace: Pace,
): Promise<boolean> {
  if (ratios.length !== slopes.length || ![bound, ...ratios].every(isPositive)) return false;
  const whole = asDouble([...ratios, bound, bound].reduce(timesBelow, one));
  if (!isPositive(whole) || whole < 2 ** -1000) return false;
  const last = await congruence(transposed(layers.at(-1)!), undefined, 1, 0, products, pace);
  if (last === undefined) return false;
  let owed = scaledUp(last, above(1 / whole));
  for (let at = slopes.length - 1; at >= 0; at--) {
    const { centre, radius } = middleOf(slopes[at]!);
    const ratio = ratios[at]!;
    const square = above(above(centre * centre) * ratio);
    const product = centre === radius ? 0 : below(below(below(centre * centre) - above(radius * radius)) * ratio);
    const before = await congruence(transposed(layers[at]!), owed, square, product, products, pace);
    if (before === undefined) return false;
    owed = before;
  }
  return (await largestEigenvalue(owed, pace)) <= 1;
}

const isPositive = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY;

function transposed({ rows, columns, entries, error }: LayerMatrix): LayerMatrix {
  const flipped = new Float64Array(entries.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = entries[i * columns + j]!;
  return { rows: columns, columns: rows, entries: flipped, error };
}
