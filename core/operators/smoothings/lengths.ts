import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import { floatingType } from '../composites/draft.ts';
import { required, requiredOutput } from '../facts.ts';
import { reducedAxes } from '../reductions.ts';
import type { SmoothingRule } from './smoothing.ts';

/**
 * |x|_1 with each |x_i| rounded off as in Huber's loss: x^2 / (4 nu) up to 2 nu, then |x| - nu. n entries together move by n nu; the gradient changes entry by entry, so its constant is
 * that of one entry.
 */
const reduceL1: SmoothingRule = (facts, variant) => {
  const { node } = facts;
  const { shape } = required(facts, 0);
  const axes = reducedAxes(facts);
  const size = elementCount(axes.map((axis) => shape[axis]!));
  const units = elementCount(requiredOutput(facts).shape);
  if (size === 0 || units === 0) return undefined;
  const shift = variant === 'one-sided' ? 0 : size / 2;
  return {
    accuracy: above((variant === 'one-sided' ? size : size / 2) * above(Math.sqrt(units))),
    each: variant === 'one-sided' ? [-size, 0] : [-size / 2, size / 2],
    curvature: 0.5,
    smooth: 0,
    units,
    profiles: [
      {
        kind: 'corner',
        at: 0,
        left: -1,
        right: 1,
        hinges: [
          { jump: 1, direction: 1 },
          { jump: 1, direction: -1 },
        ],
        start: 0,
        shift: shift / size,
      },
    ],
    reach: 2,
    write(draft, output, width) {
      const type = floatingType(facts, 0);
      const number = (value: number): string => draft.scalar(type, value);
      const cut = draft.node('Clip', [draft.node('Abs', [node.inputs[0]!]), number(0), number(2 * width)]);
      const square = draft.node('Mul', [cut, draft.node('Div', [cut, number(4 * width)])]);
      const keepdims = shape.length === requiredOutput(facts).shape.length ? 1 : 0;
      const moved = draft.reduceSum(draft.node('Sub', [square, cut]), axes, keepdims);
      const sum = draft.node('Add', [output, moved]);
      return shift === 0 ? sum : draft.node('Add', [sum, number(shift * width)]);
    },
  };
};

/** sqrt(|x|^2 + nu^2) - nu: at most nu below |x|, with the gradient x / sqrt(|x|^2 + nu^2), which is 1 / nu-Lipschitz. */
const reduceL2: SmoothingRule = (facts, variant) => {
  const units = elementCount(requiredOutput(facts).shape);
  if (units === 0) return undefined;
  const shift = variant === 'one-sided' ? 1 : 0.5;
  return {
    accuracy: above(shift * above(Math.sqrt(units))),
    each: [-shift, 1 - shift],
    curvature: 1,
    smooth: 0,
    units,
    profiles: [{ kind: 'length', shift }],
    reach: Number.POSITIVE_INFINITY,
    write(draft, output, width) {
      const type = floatingType(facts, 0);
      const number = (value: number): string => draft.scalar(type, value);
      // |x| sqrt(1 + (nu / |x|)^2) would divide by 0; in units of the width nothing overflows that did not before.
      const inWidths = draft.node('Div', [output, number(width)]);
      const root = draft.node('Sqrt', [draft.node('Add', [draft.node('Mul', [inWidths, inWidths]), number(1)])]);
      return draft.node('Sub', [draft.node('Mul', [root, number(width)]), number(shift * width)]);
    },
  };
};

export const lengthSmoothings: Readonly<Record<string, SmoothingRule>> = { ReduceL1: reduceL1, ReduceL2: reduceL2 };
