import { integer, type Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import { copyGain } from '../broadcast.ts';
import { floatingType, type Draft } from '../composites/draft.ts';
import type { NodeFacts } from '../definition.ts';
import { required, requiredOutput } from '../facts.ts';
import { windowOfLpPool } from '../lengths.ts';
import { countedWindows } from '../max-pooling.ts';
import { reducedAxes } from '../reductions.ts';
import type { Smoothing, SmoothingRule, SmoothingVariant } from './smoothing.ts';

/** Lengths of groups of entries. */
interface Lengths {
  readonly power: number;
  /** Entries of a group. */
  readonly entries: number;
  /** Groups that an entry belongs to. */
  readonly groups: number;
}

const smoothLengths =
  (lengthsOf: (facts: NodeFacts) => Lengths): SmoothingRule =>
  (facts, variant) => {
    const lengths = lengthsOf(facts);
    const units = elementCount(requiredOutput(facts).shape);
    if (lengths.entries === 0 || units === 0) return undefined;
    // The gradients of different groups change on their own, so only what an entry is copied for counts: by the root of the copies.
    const copies = copyGain('l2', lengths.groups);
    return lengths.power === 1
      ? ofSizes(facts, variant, lengths, units, copies)
      : ofPowers(facts, variant, lengths, units, copies);
  };

/**
 * |x|_1 with each |x_i| rounded off as in Huber's loss: x^2 / (4 nu) up to 2 nu, then |x| - nu. n entries together move by n nu; the gradient changes entry by entry, so its constant is
 * that of one entry.
 */
function ofSizes(
  facts: NodeFacts,
  variant: SmoothingVariant,
  { entries }: Lengths,
  units: number,
  copies: number,
): Smoothing {
  const { node } = facts;
  const shift = variant === 'one-sided' ? 0 : entries / 2;
  // The shift is written as a number of the model's own type.
  const most = above((entries - shift) * (shift === 0 ? 1 : 1 + 2 ** -22));
  return {
    accuracy: above(most * above(Math.sqrt(units))),
    each: [-most, shift === 0 ? 0 : most],
    curvature: above(copies / 2),
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
        shift: shift / entries,
      },
    ],
    reach: 2,
    write(draft, output, width) {
      const number = numbersOf(facts, draft);
      const cut = draft.node('Clip', [draft.node('Abs', [node.inputs[0]!]), number(0), number(2 * width)]);
      const square = draft.node('Mul', [cut, draft.node('Div', [cut, number(4 * width)])]);
      // |x_i| less what it becomes is no less than 0, so that the operator itself sums it up.
      const less = sameOf(draft, node, draft.node('Sub', [cut, square]));
      const smooth = draft.node('Sub', [output, less]);
      return shift === 0 ? smooth : draft.node('Add', [smooth, number(shift * width)]);
    },
  };
}

const sameOf = (draft: Draft, { op, inputs, attributes }: Node, x: string): string =>
  draft.node(op, [x, ...inputs.slice(1)], Object.fromEntries(attributes));

const numbersOf =
  (facts: NodeFacts, draft: Draft) =>
  (value: number): string =>
    draft.scalar(floatingType(facts, 0), value);

/**
 * |(x, nu)|_p - nu for p >= 2, the length with one more entry: at most nu below |x|_p. With z = (x, nu) and u = z / |z|_p the Hessian of the length is (p - 1) / |z|_p (diag(|u_i|^(p - 2)) - g g')
 * with g its gradient: positive semidefinite, and as |u_i| <= 1 at most (p - 1) / |z|_p <= (p - 1) / nu. For p = 2 that is sqrt(|x|^2 + nu^2) - nu with the constant 1 / nu.
 */
function ofPowers(
  facts: NodeFacts,
  variant: SmoothingVariant,
  { power }: Lengths,
  units: number,
  copies: number,
): Smoothing {
  const shift = variant === 'one-sided' ? 1 : 0.5;
  return {
    accuracy: above(shift * above(Math.sqrt(units))),
    each: [-shift, 1 - shift],
    curvature: above((power - 1) * copies),
    smooth: 0,
    units,
    profiles: [{ kind: 'length', shift, power }],
    reach: Number.POSITIVE_INFINITY,
    write(draft, output, width) {
      const number = numbersOf(facts, draft);
      const ofTwo = [output, number(width)];
      const [larger, smaller] = [draft.node('Max', ofTwo), draft.node('Min', ofTwo)];
      // In units of the larger of both no power overflows.
      const ratio = draft.node('Div', [smaller, larger]);
      const raised = power === 2 ? draft.node('Mul', [ratio, ratio]) : draft.node('Pow', [ratio, number(power)]);
      const sum = draft.node('Add', [raised, number(1)]);
      const root = power === 2 ? draft.node('Sqrt', [sum]) : draft.node('Pow', [sum, number(1 / power)]);
      return draft.node('Sub', [draft.node('Mul', [root, larger]), number(shift * width)]);
    },
  };
}

const reduced =
  (power: 1 | 2): ((facts: NodeFacts) => Lengths) =>
  (facts) => {
    const { shape } = required(facts, 0);
    return { power, entries: elementCount(reducedAxes(facts).map((axis) => shape[axis]!)), groups: 1 };
  };

export const lengthSmoothings: Readonly<Record<string, SmoothingRule>> = {
  ReduceL1: smoothLengths(reduced(1)),
  ReduceL2: smoothLengths(reduced(2)),
  GlobalLpPool: smoothLengths((facts) => ({
    power: integer(facts.node, 'p', 2),
    entries: elementCount(required(facts, 0).shape.slice(2)),
    groups: 1,
  })),
  LpPool: smoothLengths((facts) => {
    const window = windowOfLpPool(facts);
    return {
      power: integer(facts.node, 'p', 2),
      entries: elementCount(window.kernel),
      groups: countedWindows(window, required(facts, 0).shape),
    };
  }),
};
