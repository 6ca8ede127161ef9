import {
  largestMagnitude,
  lengthAbove,
  lengthBelow,
  powerOfTwoNear,
  squaresAreSafe,
} from '../../compute/linear-algebra/euclidean.ts';
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
  const [from, to] = [nearOne(x), nearOne(image)];
  const length = lengthAbove(from.vector);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) return 0;
  const quotient = below(below(below(lengthBelow(to.vector) / length) * to.scale) / from.scale);
  const underflow = above(above((image.length * terms * tiny) / length) / from.scale);
  const rounding = above(above(gamma(terms) * absoluteNorm) + underflow);
  return Math.max(0, below(quotient - rounding));
}

/** Divided by a power of two where its squares would leave the doubles; what becomes subnormal then is nothing beside the largest entry. */
function nearOne(vector: Float64Array): { readonly vector: Float64Array; readonly scale: number } {
  const largest = largestMagnitude(vector);
  if (largest === 0 || squaresAreSafe(largest)) return { vector, scale: 1 };
  const scale = powerOfTwoNear(largest);
  return { vector: vector.map((entry) => entry / scale), scale };
}
