import { elementCount, type Shape } from '../network/tensor.ts';
import { above, below, gamma, tiny } from '../rounding.ts';
import type { Offset } from './definition.ts';
import type { Ellipsoids } from './ellipsoids.ts';
import type { LinearMap } from './linear-map.ts';

/**
 * A box that provably contains every value a tensor can take: lower <= value <= upper, element by element. A point evaluated
 * with outward rounding is the narrowest such box, a region's image a wide one; the operators do not care which.
 */
export interface Enclosure {
  readonly shape: Shape;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** What else is known of elements together. */
  readonly ellipsoids?: Ellipsoids;
}

/** A point, or a constant of the file: no width at all. */
export const exactly = (shape: Shape, numbers: Float64Array): Enclosure => ({ shape, lower: numbers, upper: numbers });

/**
 * Arithmetic with infinities leaves NaN where nothing is known. It must not travel on: every comparison with it is false, so a rule
 * that looks for the largest slope in such a box would find none.
 */
export function withoutGaps(box: Enclosure): Enclosure {
  const { shape, lower, upper } = box;
  if (!lower.some(Number.isNaN) && !upper.some(Number.isNaN)) return box;
  return {
    shape,
    lower: lower.map((low) => (Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low)),
    upper: upper.map((high) => (Number.isNaN(high) ? Number.POSITIVE_INFINITY : high)),
  };
}

/** Element by element; `image` must already round outward. */
export function enclosureOf(shape: Shape, image: (index: number) => readonly [number, number]): Enclosure {
  const count = elementCount(shape);
  const lower = new Float64Array(count);
  const upper = new Float64Array(count);
  for (let i = 0; i < count; i++) [lower[i], upper[i]] = image(i) as [number, number];
  return { shape, lower, upper };
}

/** The elements picked by `source`; -1 picks `filling`. */
export const selectionOf = (box: Enclosure, source: Int32Array, shape: Shape, filling = 0): Enclosure => ({
  shape,
  lower: Float64Array.from(source, (from) => (from < 0 ? filling : box.lower[from]!)),
  upper: Float64Array.from(source, (from) => (from < 0 ? filling : box.upper[from]!)),
});

/**
 * Encloses W x + offset for x in the box, in midpoint-radius form (Rump, "Fast and parallel interval arithmetic", 1999):
 * |fl(W m) - W m| <= gamma_terms |W||m|, whatever the order of summation.
 */
export function encloseAffine(map: LinearMap, offset: Offset | undefined, box: Enclosure, shape: Shape): Enclosure {
  const columns = map.columns;
  const middle = new Float64Array(columns);
  const spread = new Float64Array(columns);
  // The last summand covers the rounding of the products and of this very computation, term by term.
  const error = gamma(2 * map.terms + 8) + map.entryError * (1 + gamma(8));
  for (let j = 0; j < columns; j++) {
    const low = box.lower[j]!;
    const high = box.upper[j]!;
    const center = low + (high - low) / 2;
    middle[j] = center;
    spread[j] = above(
      above(Math.max(high - center, center - low)) * (1 + map.entryError) + above(error * Math.abs(center)),
    );
  }
  const center = map.apply(middle);
  const radius = map.magnitude().apply(spread);
  const inflate = 1 + gamma(2 * map.terms + 8);
  return enclosureOf(shape, (i) => {
    const shifted = offset === undefined ? center[i]! : center[i]! + offset.values[i]!;
    // What a mask hides.
    if (offset?.values[i] === Number.NEGATIVE_INFINITY) return [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    // Where `shifted` and the width cancel, the six units by which the spread was widened cover the roundings of both.
    const width = above(radius[i]! * inflate) + (offset?.error ?? 0) + map.terms * tiny;
    return [below(shifted - width), above(shifted + width)];
  });
}
