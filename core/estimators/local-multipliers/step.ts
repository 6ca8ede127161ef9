import type { Factor } from '../../compute/linear-algebra/dense-factor.ts';
import type { Newton } from './newton.ts';

/** A point (the numbers s, then the square) where F is positive definite as computed. */
export interface Inside {
  readonly point: Float64Array;
  readonly factor: Factor;
}

/**
 * So far along a direction, or half as far, and so on, until F is positive definite there. A direction along which there is no end is one
 * whose numbers have underflowed: no step, where halving would go on for ever.
 */
export async function stepFrom(
  newton: Newton,
  point: Float64Array,
  direction: Float64Array,
  longest: number,
): Promise<(Inside & { readonly length: number }) | undefined> {
  if (longest === Number.POSITIVE_INFINITY) return undefined;
  for (let length = longest; length > 1e-6 * Math.min(1, longest); length /= 2) {
    const next = point.map((value, i) => value + length * direction[i]!);
    const factor = await newton.factorAt(next);
    if (factor !== undefined) return { point: next, factor, length };
  }
  return undefined;
}
