import type { NodeFacts, Ranges } from '../definition.ts';

/**
 * How fast the Jacobian of an operator that is smooth can change: from the constants with which its inputs move (one per input of the node, 0 for constants, in l2) to a
 * bound on its second derivative along two such moves. Of one input it is a number times the square of its constant.
 */
export type Curvature = (constants: readonly number[]) => number;

/** In words where there is no bound, or none on this region. */
export type CurvatureRule = (facts: NodeFacts, ranges: Ranges | undefined) => Curvature | string;

export const flat: Curvature = () => 0;

/** Second derivative at most so much, in the one input. */
export const ofOne =
  (largest: number, input = 0): Curvature =>
  (constants) =>
    largest * (constants[input] ?? 0) ** 2;
