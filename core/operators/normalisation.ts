import { decimal, integer } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above, gamma } from '../rounding.ts';
import type { Gain, LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { broadcastSource } from './broadcast.ts';
import { perChannel } from './convolution.ts';
import { constantNumbers, positiveAxis, required, requiredOutput } from './facts.ts';
import { minus, over, plus, times, type Interval } from './interval.ts';
import { diagonalMap } from './maps/diagonal-map.ts';

/** Relative error of gamma / sqrt(variance + epsilon): one rounding each in the sum, the root and the quotient, and room to spare. */
export const batchNormError = 2 ** -51;

/** Per channel: output = scale x + shift. */
export interface BatchNormScales {
  /** With relative error `batchNormError`. */
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly shiftError: number;
}

/** What BatchNorm does to each channel in inference mode, or undefined when its statistics are not constants. */
export function batchNormScales(facts: NodeFacts): BatchNormScales | undefined {
  const [weight, bias, mean, variance] = [1, 2, 3, 4].map((index) => constantNumbers(facts, index));
  if (!weight || !bias || !mean || !variance || integer(facts.node, 'training_mode', 0) === 1) return undefined;
  // Before operator set 9 there were statistics per element (spatial = 0), before 14 further outputs meant training.
  const channels = required(facts, 0).shape[1] ?? 1;
  if (weight.length !== channels || facts.node.outputs.slice(1).some((name) => name !== '')) return undefined;
  const epsilon = decimal(facts.node, 'epsilon', 1e-5);
  const scale = weight.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const shift = bias.map((value, c) => value - mean[c]! * scale[c]!);
  // bias - mean scale may cancel, so its error is bounded against the summands.
  const summands = scale.map((value, c) => Math.abs(bias[c]!) + Math.abs(mean[c]! * value));
  return { scale, shift, shiftError: 2 * batchNormError * largest(summands) };
}

const largest = (numbers: Float64Array): number => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export const batchNormalization: OperatorDefinition = {
  ops: ['BatchNormalization'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const scales = batchNormScales(facts);
    if (scales === undefined) return { kind: 'unsupported', reason: 'its statistics are not one constant per channel' };
    const shape = required(facts, 0).shape;
    return {
      kind: 'affine',
      input: 0,
      map: diagonalMap(perChannel(scales.scale, shape), batchNormError),
      offset: () => ({ values: perChannel(scales.shift, shape), error: scales.shiftError }),
    };
  },
};

/**
 * LayerNorm over the last axes. Its Jacobian is diag(gamma) (I - 11'/n - u u') / sqrt(v + eps) with |u| <= 1, so its norm is at
 * most |diag(gamma)(I - 11'/n)| / sqrt(eps), attained at inputs of zero variance: an honest number, about 316 |gamma|.
 */
export const layerNormalization: OperatorDefinition = {
  ops: ['LayerNormalization'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const shape = required(facts, 0).shape;
    const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
    const size = elementCount(shape.slice(axis));
    const [weight, bias] = [perEntry(facts, 1, shape.slice(axis)), perEntry(facts, 2, shape.slice(axis))];
    if (weight === undefined || bias === undefined)
      return { kind: 'unsupported', reason: 'its weight or bias is not a constant' };
    const epsilon = decimal(facts.node, 'epsilon', 1e-5);
    const box = ranges?.[0];
    const spread = box === undefined ? 0 : leastVariance(box.lower, box.upper, size);
    return normGains(weight, size, epsilon + spread);
  },
  enclose(facts, [box]) {
    const shape = requiredOutput(facts).shape;
    const size = elementCount(shape.slice(positiveAxis(integer(facts.node, 'axis', -1), shape.length)));
    const epsilon = decimal(facts.node, 'epsilon', 1e-5);
    const normalised = shape.slice(positiveAxis(integer(facts.node, 'axis', -1), shape.length));
    const weight = perEntry(facts, 1, normalised);
    const bias = perEntry(facts, 2, normalised);
    const rows = elementCount(shape) / size;
    const lower = new Float64Array(elementCount(shape));
    const upper = lower.slice();
    for (let r = 0; r < rows; r++) {
      const at = (i: number): Interval => [box!.lower[r * size + i]!, box!.upper[r * size + i]!];
      const mean = average(size, at);
      const deviation = (i: number): Interval => minus(at(i), mean);
      const variance = average(size, (i) => square(deviation(i)));
      const root: Interval = [
        Math.sqrt(Math.max(0, variance[0]) + epsilon) * (1 - 1e-15),
        above(Math.sqrt(variance[1] + epsilon)),
      ];
      for (let i = 0; i < size; i++) {
        const w = weight?.[i] ?? 1;
        const b = bias?.[i] ?? 0;
        // Whatever the input, no entry exceeds sqrt(n - 1): intervals alone forget that deviation and variance go together.
        const limit = above(Math.sqrt(size));
        const [lo, hi] = over(deviation(i), root) ?? [-limit, limit];
        [lower[r * size + i], upper[r * size + i]] = plus(times([Math.max(lo, -limit), Math.min(hi, limit)], [w, w]), [
          b,
          b,
        ]) as [number, number];
      }
    }
    return [{ shape, lower, upper }];
  },
};

/** One number per entry of a group, from a constant that may be smaller; 1 or 0 where there is none, undefined where it varies. */
function perEntry(facts: NodeFacts, index: 1 | 2, group: Shape): Float64Array | undefined {
  const type = facts.input(index);
  if (type === undefined) return new Float64Array(elementCount(group)).fill(2 - index);
  const numbers = constantNumbers(facts, index);
  return numbers && Float64Array.from(broadcastSource(type.shape, group), (from) => numbers[from]!);
}

function normGains(weight: Float64Array, size: number, variance: number): LipschitzRule {
  if (variance <= 0)
    return {
      kind: 'unbounded',
      reason: 'its epsilon is 0, so its slope grows without limit where the input is constant',
      remedy: 'Train or export with a positive epsilon.',
    };
  const root = 1 / Math.sqrt(variance);
  const l2 = above(above(largest(weight) * root) * (1 + gamma(8)));
  // |W|_1 and |W|_inf of an n x n matrix are at most sqrt(n) |W|_2.
  const other: Gain = { lower: 0, upper: above(Math.sqrt(size) * l2 * (1 + gamma(4))), method: 'norm equivalence' };
  return {
    kind: 'gain',
    input: 0,
    gains: { l1: other, l2: { lower: 0, upper: l2, method: 'closed form' }, linf: other },
  };
}

/** A lower bound for the variance of a group anywhere in the box: half the squared distance of two entries, over n, twice. */
function leastVariance(lower: Float64Array, upper: Float64Array, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start < lower.length; start += size) {
    let highestLow = Number.NEGATIVE_INFINITY;
    let lowestHigh = Number.POSITIVE_INFINITY;
    for (let i = start; i < start + size; i++) {
      highestLow = Math.max(highestLow, lower[i]!);
      lowestHigh = Math.min(lowestHigh, upper[i]!);
    }
    const gap = Math.max(0, highestLow - lowestHigh);
    // Entries a and b with a - b >= gap contribute at least gap^2 / 2 to the sum of squared deviations.
    least = Math.min(least, (gap * gap * (1 - 1e-14)) / (2 * size));
  }
  return Number.isFinite(least) ? least : 0;
}

function average(count: number, at: (i: number) => Interval): Interval {
  let sum: Interval = [0, 0];
  for (let i = 0; i < count; i++) sum = plus(sum, at(i));
  return over(sum, [count, count])!;
}

function square([lo, hi]: Interval): Interval {
  const most = above(Math.max(lo * lo, hi * hi));
  return lo <= 0 && hi >= 0 ? [0, most] : [Math.min(lo * lo, hi * hi) * (1 - 1e-15), most];
}
