import { integer, integers } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import { copyGain } from '../broadcast.ts';
import { floatingType, type Draft } from '../composites/draft.ts';
import type { NodeFacts } from '../definition.ts';
import { constantNumbers, positiveAxis, required, requiredOutput, variables } from '../facts.ts';
import { countedWindows } from '../max-pooling.ts';
import { reducedAxes } from '../reductions.ts';
import { windowOf } from '../window.ts';
import { smoothHinges } from './hinges.ts';
import type { Smoothing, SmoothingRule, SmoothingVariant } from './smoothing.ts';
import { smoothSorting } from './sorting.ts';

/**
 * nu log(sum of exp(x_i / nu)) lies between the maximum of n numbers and nu log(n) above it. Its gradient is a softmax of x / nu, with Lipschitz constant 1 / (2 nu)
 * in l2 (the Jacobian of a softmax has norm at most 1/2). The least is its mirror image.
 */
function softExtreme(
  facts: NodeFacts,
  variant: SmoothingVariant,
  entries: number,
  copies: number,
  sign: 1 | -1,
  sumOfExponentials: (draft: Draft, output: string, exponential: (x: string, extreme: string) => string) => string,
): Smoothing | undefined {
  if (entries < 2) return undefined;
  const units = elementCount(requiredOutput(facts).shape);
  const most = Math.log(entries);
  const shift = variant === 'one-sided' ? most : most / 2;
  return {
    // The shift is written as a number of the model's own type.
    accuracy: above(shift * (1 + 2 ** -20) * above(Math.sqrt(units))),
    each:
      sign === 1
        ? [-above(shift * (1 + 2 ** -20)), above((most - shift) * (1 + 2 ** -20))]
        : [-above((most - shift) * (1 + 2 ** -20)), above(shift * (1 + 2 ** -20))],
    curvature: above(copies / 2),
    smooth: 0,
    units,
    profiles: [{ kind: 'extreme', sign, shift }],
    reach: 0,
    write(draft, output, width) {
      const type = floatingType(facts, variables(facts)[0]!);
      const sum = sumOfExponentials(draft, output, (x, extreme) => {
        const below = draft.node('Sub', sign === 1 ? [x, extreme] : [extreme, x]);
        return draft.node('Exp', [draft.node('Div', [below, draft.scalar(type, width)])]);
      });
      const scaled = draft.node('Mul', [draft.node('Log', [sum]), draft.scalar(type, width)]);
      const moved = draft.node('Sub', [scaled, draft.scalar(type, shift * width)]);
      return draft.node(sign === 1 ? 'Add' : 'Sub', [output, moved]);
    },
  };
}

/** Max or Min of tensors, element by element; with a constant it is a hinge. */
const ofTensors =
  (sign: 1 | -1): SmoothingRule =>
  (facts, variant, ranges) => {
    const moving = variables(facts);
    const [only, ...more] = moving;
    if (only === undefined || facts.node.inputs.length < 2) return undefined;
    if (more.length === 0 && facts.node.inputs.length === 2) {
      const numbers = constantNumbers(facts, 1 - only);
      if (numbers === undefined) return undefined;
      const knot = {
        tensor: facts.node.inputs[1 - only]!,
        least: numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
        most: numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
      };
      const stretched = elementCount(required(facts, only).shape) !== elementCount(requiredOutput(facts).shape);
      if (stretched) return 'it copies its input';
      return smoothHinges(facts, variant, ranges, only, {
        hinges: [{ jump: sign, at: knot, direction: sign }],
        error: sign === 1 ? [-1, 0] : [0, 1],
        smooth: 0,
        left: sign === 1 ? 0 : 1,
      });
    }
    return softExtreme(facts, variant, facts.node.inputs.length, 1, sign, (draft, output, exponential) =>
      draft.node(
        'Sum',
        facts.node.inputs.map((x) => exponential(x, output)),
      ),
    );
  };

/** The largest or smallest entry along axes. */
const ofAxes =
  (sign: 1 | -1): SmoothingRule =>
  (facts, variant) => {
    const { node } = facts;
    const { shape } = required(facts, 0);
    const axes = reducedAxes(facts);
    const keepdims = integer(node, 'keepdims', 1) === 1 ? 1 : 0;
    return softExtreme(
      facts,
      variant,
      elementCount(axes.map((axis) => shape[axis]!)),
      1,
      sign,
      (draft, output, exponential) => {
        const attributes = { ...Object.fromEntries(node.attributes), keepdims: 1 };
        const extreme = keepdims === 1 ? output : draft.node(node.op, node.inputs, attributes);
        return draft.reduceSum(exponential(node.inputs[0]!, extreme), axes, keepdims);
      },
    );
  };

const globalMaxPool: SmoothingRule = (facts, variant) => {
  const { shape } = required(facts, 0);
  const axes = shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  return softExtreme(facts, variant, elementCount(shape.slice(2)), 1, 1, (draft, output, exponential) =>
    draft.reduceSum(exponential(facts.node.inputs[0]!, output), axes, 1),
  );
};

/** Far below everything, so that what is padded never is the maximum; beyond it float32 has no numbers. */
const nothing = -3e38;

/** The entries of a window are the slices of the padded input at its taps. */
const maxPool: SmoothingRule = (facts, variant) => {
  const { shape, type } = required(facts, 0);
  const window = windowOf(facts, shape.slice(2), integers(facts.node, 'kernel_shape') ?? []);
  const { kernel, strides, dilations, padsBegin, outputSize } = window;
  const axes = kernel.map((_, a) => a + 2);
  const taps = elementCount(kernel);
  // A pixel belongs to so many windows; the maxima of different windows bend on their own, so the copies count once.
  const copies = copyGain('l2', countedWindows(window, shape));
  return softExtreme(facts, variant, taps, copies, 1, (draft, output, exponential) => {
    const padsEnd = kernel.map((size, a) =>
      Math.max(0, (outputSize[a]! - 1) * strides[a]! + (size - 1) * dilations[a]! + 1 - shape[a + 2]! - padsBegin[a]!),
    );
    const x = facts.node.inputs[0]!;
    const padded = [...padsBegin, ...padsEnd].every((pad) => pad <= 0)
      ? x
      : draft.node('Pad', [
          x,
          draft.integers([0, 0, ...padsBegin, 0, 0, ...padsEnd]),
          draft.scalar(type === 'float64' ? 'float64' : 'float32', nothing),
        ]);
    const exponentials = Array.from({ length: taps }, (_, tap) => {
      const first = kernel.map(
        (size, a) => (Math.floor(tap / elementCount(kernel.slice(a + 1))) % size) * dilations[a]!,
      );
      const ends = first.map((from, a) => from + (outputSize[a]! - 1) * strides[a]! + 1);
      const entry = draft.node('Slice', [padded, ...[first, ends, axes, strides].map((list) => draft.integers(list))]);
      return exponential(entry, output);
    });
    return exponentials.length === 1 ? exponentials[0]! : draft.node('Sum', exponentials);
  });
};

/** One entry alone is a maximum; several in order are sorted by smooth comparisons. */
const topK: SmoothingRule = (facts, variant) => {
  const { node } = facts;
  const { shape } = required(facts, 0);
  const axis = positiveAxis(integer(node, 'axis', -1), shape.length);
  const count = requiredOutput(facts).shape[axis]!;
  if (count !== 1) return smoothSorting(facts, variant, axis);
  const sign = integer(node, 'largest', 1) === 1 ? 1 : -1;
  return softExtreme(facts, variant, shape[axis]!, 1, sign, (draft, output, exponential) =>
    draft.reduceSum(exponential(node.inputs[0]!, output), [axis], 1),
  );
};

export const extremeSmoothings: Readonly<Record<string, SmoothingRule>> = {
  Max: ofTensors(1),
  Min: ofTensors(-1),
  ReduceMax: ofAxes(1),
  ReduceMin: ofAxes(-1),
  MaxPool: maxPool,
  GlobalMaxPool: globalMaxPool,
  TopK: topK,
};
