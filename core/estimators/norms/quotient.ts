import { lengthAbove, lengthBelow } from '../../compute/linear-algebra/euclidean.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, below, gamma, tiny } from '../../rounding.ts';

/** |W x| / |x|, never above the exact value and so never above the norm. */
export const quotientBelow = (map: LinearMap, x: Float64Array, absoluteNorm: number): number =>
  quotientOf(map.apply(x), x, map.terms, absoluteNorm);

/**
 * The same from a computed image of x, whose entries are sums of at most `terms` products each. It is off by at most gamma_terms |W| |x|
 * in every entry, by gamma_terms `absoluteNorm` |x| in length, where `absoluteNorm` >= the l2 norm of |W|; underflow adds a `tiny` for
 * each product.
 */
export function quotientOf(image: Float64Array, x: Float64Array, terms: number, absoluteNorm: number): number {
  const length = lengthAbove(x);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) return 0;
  const quotient = below(lengthBelow(image) / length);
  const rounding = above(above(gamma(terms) * absoluteNorm) + above((image.length * terms * tiny) / length));
  return Math.max(0, below(quotient - rounding));
}
