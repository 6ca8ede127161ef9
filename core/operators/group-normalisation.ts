import { decimal, integer } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import type { Gain, OperatorDefinition } from './definition.ts';
import { enclosureOf } from './enclosure.ts';
import { aroundMiddle } from './centred/standardised-part.ts';
import { constantNumbers, positiveAxis, required, requiredOutput } from './facts.ts';
import { over, plus, square, times, type Interval } from './interval.ts';
import { perEntry } from './normalisation.ts';
import { encloseStandardised, leastMeanSquare, leastVariance, spreadIn } from './standardised.ts';
import { standardisingGains } from './standardising-gains.ts';

/** InstanceNorm: every channel of every sample is a group of its own. */
export const instanceNormalization: OperatorDefinition = {
  ops: ['InstanceNormalization'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const weight = constantNumbers(facts, 1);
    if (weight === undefined || facts.constant(2) === undefined)
      return { kind: 'unsupported', reason: 'its weight or bias is not a constant' };
    const size = elementCount(required(facts, 0).shape.slice(2));
    const largest = weight.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const spread = spreadIn(ranges?.[0], size, leastVariance);
    const epsilon = decimal(facts.node, 'epsilon', 1e-5);
    // A channel has one weight, and the channel with the largest decides.
    const rule = standardisingGains({ weight: new Float64Array(size).fill(largest), form: 'centred', epsilon, ...spread }); // prettier-ignore
    return aroundMiddle(rule, ranges?.[0], size, epsilon, 'variance', (group) => weight[group % weight.length]!);
  },
  enclose(facts, [box]) {
    const [weight, bias] = [constantNumbers(facts, 1), constantNumbers(facts, 2)];
    const { shape } = required(facts, 0);
    const channels = shape[1]!;
    return [
      encloseStandardised(
        box!,
        elementCount(shape.slice(2)),
        decimal(facts.node, 'epsilon', 1e-5),
        'variance',
        (group) => [weight?.[group % channels] ?? 1, bias?.[group % channels] ?? 0],
      ),
    ];
  },
};

/** x / sqrt(mean(x^2) + eps): steepest at 0, where its slope is |weight| / sqrt(eps). */
export const rmsNormalization: OperatorDefinition = {
  ops: ['RMSNormalization'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const { shape } = required(facts, 0);
    const group = shape.slice(positiveAxis(integer(facts.node, 'axis', -1), shape.length));
    const weight = perEntry(facts, 1, group);
    if (weight === undefined) return { kind: 'unsupported', reason: 'its weight is not a constant' };
    const size = elementCount(group);
    const spread = spreadIn(ranges?.[0], size, leastMeanSquare);
    const epsilon = decimal(facts.node, 'epsilon', 1e-5);
    const rule = standardisingGains({ weight, form: 'plain', epsilon, ...spread });
    return aroundMiddle(rule, ranges?.[0], size, epsilon, 'mean square', (_, i) => weight[i]!);
  },
  enclose(facts, [box]) {
    const { shape } = required(facts, 0);
    const group = shape.slice(positiveAxis(integer(facts.node, 'axis', -1), shape.length));
    const weight = perEntry(facts, 1, group);
    return [
      encloseStandardised(box!, elementCount(group), decimal(facts.node, 'epsilon', 1e-5), 'mean square', (_, i) => [
        weight?.[i] ?? 1,
        0,
      ]),
    ];
  },
};

/**
 * x / (k + a/n sum of squares of neighbouring channels)^b. With s the bracket, 2 a/n |x_i x_j| <= s - k, so beside the diagonal an entry
 * of the Jacobian is at most b k^-b; on it the value lies between -2b k^-b and k^-b; a window has at most n channels.
 */
export const localResponse: OperatorDefinition = {
  ops: ['LRN'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const { alpha, beta, bias, size } = responseOf(facts);
    if (!(bias > 0 && alpha >= 0 && beta >= 0))
      return {
        kind: 'unbounded',
        reason: 'its bias is not positive, so it divides by 0',
        remedy: 'Choose an output before this node.',
      };
    const scale = above(bias ** -beta * (1 + 2 ** -48));
    const sum: Gain = {
      lower: 0,
      upper: above(scale * above(1 + 2 * beta + beta * (size - 1))),
      method: 'closed form',
    };
    return { kind: 'gain', input: 0, gains: { l1: sum, l2: sum, linf: sum } };
  },
  enclose(facts, [box]) {
    const { alpha, beta, bias, size } = responseOf(facts);
    const { shape } = requiredOutput(facts);
    const channels = shape[1]!;
    const inner = elementCount(shape.slice(2));
    const at = (i: number): Interval => [box!.lower[i]!, box!.upper[i]!];
    return [
      enclosureOf(shape, (i) => {
        const channel = Math.floor(i / inner) % channels;
        let sum: Interval = [0, 0];
        const [from, to] = [channel - Math.floor((size - 1) / 2), channel + Math.ceil((size - 1) / 2)];
        for (let c = Math.max(0, from); c <= Math.min(channels - 1, to); c++)
          sum = plus(sum, square(at(i + (c - channel) * inner)));
        const factor = alpha / size;
        const bracket = plus(times(sum, [factor * (1 - 1e-15), factor * (1 + 1e-15)]), [bias, bias]);
        const power: Interval = [
          Math.max(bias, bracket[0]) ** beta * (1 - 1e-13),
          above(bracket[1] ** beta * (1 + 1e-13)),
        ];
        return over(at(i), power) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      }),
    ];
  },
};

export const responseOf = ({
  node,
}: Parameters<OperatorDefinition['rule']>[0]): Record<'alpha' | 'beta' | 'bias' | 'size', number> => ({
  alpha: decimal(node, 'alpha', 1e-4),
  beta: decimal(node, 'beta', 0.75),
  bias: decimal(node, 'bias', 1),
  size: integer(node, 'size', 1),
});
