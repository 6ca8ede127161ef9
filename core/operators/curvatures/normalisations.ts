import { decimal, integer } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import type { NodeFacts, Ranges } from '../definition.ts';
import { constantNumbers, positiveAxis, required } from '../facts.ts';
import { jumpsAtZero, leastDivisor } from '../lengths.ts';
import { responseOf } from '../local-response.ts';
import { perEntry } from '../normalisation.ts';
import { leastMeanSquare, leastVariance } from '../standardised.ts';
import { reducedAxes } from '../reductions.ts';
import { flat, ofOne, type Curvature, type CurvatureRule } from './curvature.ts';

/**
 * The softmax is the gradient of log sum exp, so its second derivative is a symmetric trilinear form: largest with all three arguments equal (Banach), where it is
 * the third central moment of a number that takes the entries of a unit vector with the probabilities p. Those lie sqrt(2) apart at most, and the third central moment on an interval
 * of length r is at most r^3 / (6 sqrt(3)), at two points.
 */
const ofSoftmax = above(((2 * Math.SQRT2) / (6 * Math.sqrt(3))) * (1 + 1e-15));

const groupSize = (facts: NodeFacts): number => {
  const { shape } = required(facts, 0);
  const axis = positiveAxis(integer(facts.node, 'axis', facts.opset < 13 ? 1 : -1), shape.length);
  return facts.opset < 13 ? elementCount(shape.slice(axis)) : (shape[axis] ?? 1);
};

/**
 * y / sqrt(|y|^2 / n + eps) = sqrt(n) h(y / sqrt(n eps)) with h(z) = z / sqrt(1 + |z|^2), the gradient of sqrt(1 + |z|^2): its second derivative is largest along one direction, 3 c^2 t / (c^2 + t^2)^(5/2)
 * with c >= 1: 48 / (25 sqrt(5)) at c = 1, t = 1/2; where |z|^2 + 1 >= R^2 it is at most 2 / (sqrt(3) R^2). A mean that is taken off before is a projection.
 */
const standardised =
  (by: 'variance' | 'mean square'): CurvatureRule =>
  (facts, ranges) => {
    const { shape } = required(facts, 0);
    const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
    const size = elementCount(shape.slice(axis));
    return inGroups(facts, size, perEntry(facts, 1, shape.slice(axis)), leastSpread(by, ranges, size));
  };

/** Of groups that are standardised on their own, the one with the largest weight bends fastest. */
function inGroups(
  facts: NodeFacts,
  size: number,
  weight: Float64Array | undefined,
  spread: number,
): Curvature | string {
  const epsilon = decimal(facts.node, 'epsilon', 1e-5);
  if (weight === undefined) return 'its weight is not a constant';
  if (!(epsilon > 0)) return 'its epsilon is 0, so its slope can change at once';
  const form = Math.min(48 / (25 * Math.sqrt(5)), ((2 / Math.sqrt(3)) * epsilon) / (epsilon + spread));
  const largest = weight.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return ofOne(above((largest * form * (1 + 1e-12)) / (Math.sqrt(size) * epsilon)));
}

/** Every channel of every sample is a group; GroupNormalization is written out in it. */
const instanceNormalization: CurvatureRule = (facts, ranges) => {
  const size = elementCount(required(facts, 0).shape.slice(2));
  return inGroups(facts, size, constantNumbers(facts, 1), leastSpread('variance', ranges, size));
};

function leastSpread(by: 'variance' | 'mean square', ranges: Ranges | undefined, size: number): number {
  const box = ranges?.[0];
  if (box === undefined) return 0;
  return (by === 'variance' ? leastVariance : leastMeanSquare)(box.lower, box.upper, size);
}

/**
 * x / |x| is the gradient of |x|, whose third derivative is symmetric: largest along one direction (Banach). With r the part of a unit direction along x / |x| it is 3 r (1 - r^2) / |x|^2 there, at most
 * 2 / (sqrt(3) |x|^2).
 */
const lpNormalization: CurvatureRule = (facts, ranges) => {
  if (integer(facts.node, 'p', 2) !== 2) return 'the length that it divides by has kinks (p = 1)';
  const { shortest, floor } = leastDivisor(facts, ranges);
  if (!(shortest > floor)) return floor > 0 ? 'it has a kink where its floor begins' : jumpsAtZero;
  return ofOne(above((2 / Math.sqrt(3) / (shortest * shortest)) * (1 + 1e-12)));
};

/**
 * y_c = x_c S^-b with S = k + a |x_W|^2 over a window W of n channels and r = sqrt(a / S) |x_W| < 1. Along u it bends by at most 2 |u_c| 2 b sqrt(a) k^(-b - 1/2) |u_W| and sqrt(a) k^(-b - 1/2) (4 b (b + 1) + 2 b) |u_W|^2, together
 * (4 b^2 + 10 b) sqrt(a) k^(-b - 1/2) |u_W|^2, and as an entry lies in n windows, the lengths |u_W|^2 of all have at most the length sqrt(n) |u|^2.
 */
const localResponse: CurvatureRule = (facts) => {
  const { alpha, beta, bias } = responseOf(facts);
  if (!(bias > 0 && alpha >= 0 && beta >= 0)) return 'its bias is not positive, so it divides by 0';
  return ofOne(above((4 * beta * beta + 10 * beta) * Math.sqrt(alpha) * bias ** (-beta - 0.5) * (1 + 1e-12)));
};

export const normalisationCurvatures: Readonly<Record<string, CurvatureRule>> = {
  Softmax: (facts) => (groupSize(facts) < 2 ? flat : ofOne(ofSoftmax)),
  /** x - 1 log sum exp(x): the Hessian of log sum exp has norm at most 1/2, and all n outputs have it. */
  LogSoftmax: (facts) => (groupSize(facts) < 2 ? flat : ofOne(above(Math.sqrt(groupSize(facts)) / 2))),
  ReduceLogSumExp: (facts) =>
    elementCount(reducedAxes(facts).map((axis) => required(facts, 0).shape[axis]!)) < 2 ? flat : ofOne(0.5),
  LayerNormalization: standardised('variance'),
  RMSNormalization: standardised('mean square'),
  InstanceNormalization: instanceNormalization,
  LpNormalization: lpNormalization,
  LRN: localResponse,
};
