import { decimal, type Node } from '../network/network.ts';
import { down, up } from '../rounding.ts';
import { piecewiseLinear, type ActivationFunction } from './activation-function.ts';

/** Functions that are cut off at a threshold: where that leaves a gap they jump, and have no constant at all. */
export const thresholds: Readonly<Record<string, (node: Node) => ActivationFunction>> = {
  ThresholdedRelu(node) {
    const alpha = decimal(node, 'alpha', 1);
    if (alpha === 0) return piecewiseLinear((x) => Math.max(0, x), [0], [0, 1]);
    return cut((x) => (x > alpha ? x : 0), [alpha]);
  },
  Shrink(node) {
    const [lambda, bias] = [decimal(node, 'lambd', 0.5), decimal(node, 'bias', 0)];
    const value = (x: number): number => (x < -lambda ? x + bias : x > lambda ? x - bias : 0);
    if (bias !== lambda || lambda < 0) return cut(value, lambda < 0 ? [-lambda, lambda, 0] : [-lambda, lambda]);
    // x - bias cancels beside the threshold, but not by more than the last bit of the threshold.
    return { ...piecewiseLinear(value, [-lambda, lambda], [1, 0, 1]), cancellation: Math.abs(bias) * 2 ** -51 };
  },
};

/** The values just beside a jump belong to the range as well. */
function cut(value: (x: number) => number, at: readonly number[]): ActivationFunction {
  return {
    value,
    derivative: () => Number.POSITIVE_INFINITY,
    turns: at.flatMap((jump) => [down(jump), jump, up(jump)]),
    bends: [],
    slopes: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    jumps: true,
  };
}
