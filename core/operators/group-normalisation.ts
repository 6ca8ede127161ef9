import { decimal, integer } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import type { OperatorDefinition } from './definition.ts';
import { aroundMiddle } from './centred/standardised-part.ts';
import { constantNumbers, positiveAxis, required } from './facts.ts';
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
