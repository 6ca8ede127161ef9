import { decimal, integer } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { broadcastSource } from './broadcast.ts';
import { perChannel } from './convolution.ts';
import { constantNumbers, positiveAxis, required, requiredOutput } from './facts.ts';
import { diagonalMap } from './maps/diagonal-map.ts';
import { aroundMiddle } from './centred/standardised-part.ts';
import { encloseStandardised, leastVariance, spreadIn } from './standardised.ts';
import { standardisingGains } from './standardising-gains.ts';

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

/** LayerNorm over the last axes. Attained at inputs of zero variance: an honest number, in l2 about 316 |gamma|. */
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
    const spread = spreadIn(ranges?.[0], size, leastVariance);
    const rule = standardisingGains({ weight, form: 'centred', epsilon, ...spread });
    return aroundMiddle(rule, ranges?.[0], size, epsilon, 'variance', (_, i) => weight[i]!);
  },
  enclose(facts, [box]) {
    const { shape } = requiredOutput(facts);
    const group = shape.slice(positiveAxis(integer(facts.node, 'axis', -1), shape.length));
    const [weight, bias] = [perEntry(facts, 1, group), perEntry(facts, 2, group)];
    return [
      encloseStandardised(box!, elementCount(group), decimal(facts.node, 'epsilon', 1e-5), 'variance', (_, i) => [
        weight?.[i] ?? 1,
        bias?.[i] ?? 0,
      ]),
    ];
  },
};

/** One number per entry of a group, from a constant that may be smaller; 1 or 0 where there is none, undefined where it varies. */
export function perEntry(facts: NodeFacts, index: 1 | 2, group: Shape): Float64Array | undefined {
  const type = facts.input(index);
  if (type === undefined) return new Float64Array(elementCount(group)).fill(2 - index);
  const numbers = constantNumbers(facts, index);
  return numbers && Float64Array.from(broadcastSource(type.shape, group), (from) => numbers[from]!);
}
