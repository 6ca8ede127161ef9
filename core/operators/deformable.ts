import { integer, integers } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { gamma } from '../rounding.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import { floor, fractionOf, quotient } from './interpolation.ts';
import { tapMap, type Taps } from './maps/tap-map.ts';

/** As many taps as would fill some hundred megabytes. */
const mostTaps = 2 ** 25;

/** Where a deformed kernel reads along one axis, between two pixels; nothing is there outside of the image. */
function between(start: number, offset: number, size: number): readonly (readonly [number, number])[] {
  const moved = fractionOf(offset);
  const at = { over: moved.over + BigInt(start) * moved.under, under: moved.under };
  const left = floor(at);
  const rest = at.over - left * at.under;
  const both = [
    [Number(left), quotient(at.under - rest, at.under)],
    [Number(left) + 1, quotient(rest, at.under)],
  ] as const;
  return both.filter(([k, weight]) => weight !== 0 && k >= 0 && k < size);
}

/** A deformable convolution whose offsets, mask and weights are known; in words why it is not one. */
export function deformedTaps(facts: NodeFacts): Taps | string {
  const { node } = facts;
  const [weights, offsets] = [constantNumbers(facts, 1), constantNumbers(facts, 2)];
  const mask = facts.input(4) === undefined ? undefined : constantNumbers(facts, 4);
  if (weights === undefined || offsets === undefined || (facts.input(4) !== undefined && mask === undefined))
    return 'its weights, offsets or mask depend on the input';
  if (!offsets.every(Number.isFinite)) return 'its offsets are not finite';
  const [batch, channels, ...sizes] = required(facts, 0).shape as [number, number, ...number[]];
  if (sizes.length !== 2) return 'it has other than two spatial axes';
  const [outputs, ownChannels, ...kernel] = required(facts, 1).shape as [number, number, number, number];
  const [height, width] = sizes as [number, number];
  const [rows, columns] = required(facts, 2).shape.slice(2) as [number, number];
  const strides = integers(node, 'strides') ?? [1, 1];
  const dilations = integers(node, 'dilations') ?? [1, 1];
  const pads = integers(node, 'pads') ?? [0, 0, 0, 0];
  const perGroup = outputs / integer(node, 'group', 1);
  const offsetGroups = integer(node, 'offset_group', 1);
  const taps = elementCount(kernel);
  const each = ownChannels * taps * 4;
  if (batch * outputs * rows * columns * each > mostTaps) return 'it is too large to be written down';
  const index = new Int32Array(batch * outputs * rows * columns * each).fill(-1);
  const weight = new Float64Array(index.length);
  const plane = rows * columns;
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputs; o++)
      for (let p = 0; p < plane; p++, at += each) {
        let t = at;
        for (let own = 0; own < ownChannels; own++) {
          const channel = Math.floor(o / perGroup) * ownChannels + own;
          const group = n * offsetGroups + Math.floor(channel / (channels / offsetGroups));
          for (let k = 0; k < taps; k++) {
            const start = (axis: 0 | 1, output: number, tap: number): number =>
              output * strides[axis]! - pads[axis]! + tap * dilations[axis]!;
            const offset = (axis: 0 | 1): number => offsets[((group * taps + k) * 2 + axis) * plane + p]!;
            const shared = weights[(o * ownChannels + own) * taps + k]! * (mask?.[(group * taps + k) * plane + p] ?? 1);
            const vertical = between(start(0, Math.floor(p / columns), Math.floor(k / kernel[1])), offset(0), height);
            const across = between(start(1, p % columns, k % kernel[1]), offset(1), width);
            for (const [y, v] of vertical)
              for (const [x, h] of across) {
                index[t] = ((n * channels + channel) * height + y) * width + x;
                weight[t++] = shared * v * h;
              }
          }
        }
      }
  return {
    outputs: batch * outputs * plane,
    inputs: elementCount(required(facts, 0).shape),
    each,
    index,
    weight,
    error: gamma(12),
  };
}

/** A convolution that reads beside its grid, as far as where it reads is known. */
export const deformConv: OperatorDefinition = {
  ops: ['DeformConv'],
  kind: () => 'conv',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    return [{ type, shape: [shape[0]!, required(facts, 1).shape[0]!, ...required(facts, 2).shape.slice(2)] }];
  },
  rule(facts): LipschitzRule {
    const taps = deformedTaps(facts);
    if (typeof taps === 'string') return { kind: 'unsupported', reason: taps };
    const bias = facts.input(3) === undefined ? undefined : constantNumbers(facts, 3);
    if (facts.input(3) !== undefined && bias === undefined)
      return { kind: 'unsupported', reason: 'its bias depends on the input' };
    const map = tapMap(taps);
    if (bias === undefined) return { kind: 'affine', input: 0, map };
    const { shape } = requiredOutput(facts);
    const plane = shape[2]! * shape[3]!;
    const values = (): Float64Array =>
      Float64Array.from({ length: elementCount(shape) }, (_, i) => bias[Math.floor(i / plane) % bias.length]!);
    return { kind: 'affine', input: 0, map, offset: () => ({ values: values(), error: 0 }) };
  },
};
