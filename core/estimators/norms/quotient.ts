import { lengthAbove, lengthBelow } from '../../compute/linear-algebra/euclidean.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, below, gamma, tiny } from '../../rounding.ts';

/**
 * |W x| / |x|, never above the exact value and so never above the norm. The computed W x is off by at most
 * gamma_terms |W| |x| in every entry, by gamma_terms `absoluteNorm` |x| in length, where `absoluteNorm` >= the l2 norm of |W|;
 * underflow adds a `tiny` for each product.
 */
export function quotientBelow(map: LinearMap, x: Float64Array, absoluteNorm: number): number {
  const length = lengthAbove(x);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) return 0;
  const quotient = below(lengthBelow(map.apply(x)) / length);
  const rounding = above(above(gamma(map.terms) * absoluteNorm) + above((map.rows * map.terms * tiny) / length));
  const lower = below(quotient - rounding);
  return lower > 0 ? lower : 0;
}
