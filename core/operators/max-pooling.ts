import { integers } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { copyGain } from './broadcast.ts';
import type { Gain, OperatorDefinition } from './definition.ts';
import { required, requiredOutput } from './facts.ts';
import { windowOf, type Window } from './window.ts';

/**
 * Max pooling is 1-Lipschitz from linf to linf. In l2 and l1 one pixel that is the maximum of q windows at once moves q outputs:
 * sqrt(q) and q, attained, with q the largest number of windows that hold one pixel.
 */
export const maxPool: OperatorDefinition = {
  ops: ['MaxPool'],
  kind: () => 'pooling',
  infer(facts) {
    const data = required(facts, 0);
    const { outputSize } = windowOf(facts, data.shape.slice(2), integers(facts.node, 'kernel_shape') ?? []);
    const shape = [...data.shape.slice(0, 2), ...outputSize];
    return [
      { type: data.type, shape },
      { type: 'int64', shape },
    ];
  },
  rule(facts) {
    const shape = required(facts, 0).shape;
    const window = windowOf(facts, shape.slice(2), integers(facts.node, 'kernel_shape') ?? []);
    const q = countedWindows(window, shape);
    return { kind: 'gain', input: 0, gains: { l1: attained(q), l2: attained(copyGain('l2', q)), linf: attained(1) } };
  },
  enclose(facts, [box]) {
    const shape = requiredOutput(facts).shape;
    const input = required(facts, 0).shape;
    const window = windowOf(facts, input.slice(2), integers(facts.node, 'kernel_shape') ?? []);
    const lower = new Float64Array(elementCount(shape)).fill(Number.NEGATIVE_INFINITY);
    const upper = lower.slice();
    const outer = input[0]! * input[1]!;
    const plane = elementCount(input.slice(2));
    const positions = elementCount(window.outputSize);
    const axes = window.kernel.length;
    const place = (index: number, sizes: readonly number[], axis: number): number =>
      Math.floor(index / elementCount(sizes.slice(axis + 1))) % sizes[axis]!;
    for (let tap = 0; tap < elementCount(window.kernel); tap++)
      for (let position = 0; position < positions; position++) {
        let from = 0;
        for (let a = 0; a < axes && from >= 0; a++) {
          const at =
            place(position, window.outputSize, a) * window.strides[a]! +
            place(tap, window.kernel, a) * window.dilations[a]! -
            window.padsBegin[a]!;
          from = at < 0 || at >= input[a + 2]! ? -1 : from * input[a + 2]! + at;
        }
        if (from < 0) continue;
        for (let o = 0; o < outer; o++) {
          const to = o * positions + position;
          lower[to] = Math.max(lower[to]!, box!.lower[o * plane + from]!);
          upper[to] = Math.max(upper[to]!, box!.upper[o * plane + from]!);
        }
      }
    return [{ shape, lower, upper }];
  },
};

const attained = (value: number): Gain => ({
  lower: value === Math.round(value) ? value : value * (1 - 1e-15),
  upper: value,
  method: 'closed form',
});

/** The largest number of windows that hold the same pixel. */
export const countedWindows = (window: Window, shape: Shape): number =>
  window.kernel.reduce(
    (product, size, a) =>
      product *
      mostWindows(
        size,
        window.strides[a]!,
        window.dilations[a]!,
        window.padsBegin[a]!,
        window.outputSize[a]!,
        shape[a + 2]!,
      ),
    1,
  );

/** Along one axis: the largest number of windows that hold the same pixel. */
function mostWindows(
  kernel: number,
  stride: number,
  dilation: number,
  pad: number,
  outputs: number,
  size: number,
): number {
  const windows = new Int32Array(size);
  for (let i = 0; i < outputs; i++)
    for (let k = 0; k < kernel; k++) {
      const at = i * stride + k * dilation - pad;
      if (at >= 0 && at < size) windows[at]! += 1;
    }
  return Math.max(0, ...windows);
}

export const globalMaxPool: OperatorDefinition = {
  ops: ['GlobalMaxPool'],
  kind: () => 'pooling',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    return [{ type, shape: shape.map((size, axis) => (axis < 2 ? size : 1)) }];
  },
  rule: () => ({ kind: 'gain', input: 0, gains: { l1: attained(1), l2: attained(1), linf: attained(1) } }),
  enclose(facts, [box]) {
    const shape = requiredOutput(facts).shape;
    const plane = elementCount(required(facts, 0).shape.slice(2));
    const largest = (numbers: Float64Array): Float64Array =>
      Float64Array.from({ length: elementCount(shape) }, (_, o) =>
        numbers.subarray(o * plane, (o + 1) * plane).reduce((a, b) => Math.max(a, b)),
      );
    return [{ shape, lower: largest(box!.lower), upper: largest(box!.upper) }];
  },
};
