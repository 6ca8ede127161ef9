import type { Shape } from '../network/tensor.ts';

/**
 * A box that provably contains every value a tensor can take: lower <= value <= upper, element by element. A point evaluated
 * with outward rounding is the narrowest such box, a region's image a wide one; the operators do not care which.
 */
export interface Enclosure {
  readonly shape: Shape;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}
