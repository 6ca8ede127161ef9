import { integer } from '../network/network.ts';
import type { ElementType } from '../network/tensor.ts';
import { broadcastShape, broadcastSource } from './broadcast.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf } from './enclosure.ts';
import { positiveAxis, required, requiredOutput } from './facts.ts';

export const jump = {
  kind: 'unbounded',
  reason: 'it is a step function, which jumps: the network is not continuous, so it is not Lipschitz',
  remedy: 'Choose an output before this node.',
} as const;

/** Functions that jump. They are understood, and what there is to say is that no finite constant exists. */
function step(
  ops: readonly string[],
  typeOf: (facts: NodeFacts) => ElementType,
  value?: (x: number) => number,
): OperatorDefinition {
  return {
    ops,
    kind: () => 'activation',
    infer: (facts) => [
      { type: typeOf(facts), shape: broadcastShape(facts.node.inputs.map((_, index) => required(facts, index).shape)) },
    ],
    rule: () => jump,
    enclose: (facts, [box]) => [
      enclosureOf(requiredOutput(facts).shape, (i) =>
        value === undefined ? [0, 1] : [value(box!.lower[i]!), value(box!.upper[i]!)],
      ),
    ],
  };
}

/** Boxes that do not overlap decide the comparison of whatever lies in them. */
function comparison(op: string, holds: (a: number, b: number) => boolean): OperatorDefinition {
  return {
    ...step([op], () => 'bool'),
    enclose(facts, [a, b]) {
      const { shape } = requiredOutput(facts);
      const [from, other] = [broadcastSource(a!.shape, shape), broadcastSource(b!.shape, shape)];
      return [
        enclosureOf(shape, (i) => {
          const [p, q] = [from[i]!, other[i]!];
          const ends = [holds(a!.lower[p]!, b!.upper[q]!), holds(a!.upper[p]!, b!.lower[q]!)];
          return [ends.every(Boolean) ? 1 : 0, ends.some(Boolean) ? 1 : 0];
        }),
      ];
    },
  };
}

const own = (facts: NodeFacts): ElementType => required(facts, 0).type;

/** Half to even, as ONNX rounds. */
export const halfToEven = (x: number): number => {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
};

export const steps: readonly OperatorDefinition[] = [
  step(['Sign'], own, Math.sign),
  step(['Floor'], own, Math.floor),
  step(['Ceil'], own, Math.ceil),
  step(['Round'], own, halfToEven),
  step(['Equal', 'Not', 'And', 'Or', 'Xor', 'IsNaN', 'IsInf'], () => 'bool'),
  comparison('Less', (a, b) => a < b),
  comparison('LessOrEqual', (a, b) => a <= b),
  comparison('Greater', (a, b) => a > b),
  comparison('GreaterOrEqual', (a, b) => a >= b),
];

/** 1 at the largest entry along an axis, 0 elsewhere. */
export const hardmax: OperatorDefinition = {
  ops: ['Hardmax'],
  kind: () => 'activation',
  infer: (facts) => [required(facts, 0)],
  rule: () => jump,
  enclose: (facts) => [enclosureOf(requiredOutput(facts).shape, () => [0, 1])],
};

export const argExtreme: OperatorDefinition = {
  ops: ['ArgMax', 'ArgMin'],
  kind: () => 'other',
  infer(facts) {
    const { shape } = required(facts, 0);
    const axis = positiveAxis(integer(facts.node, 'axis', 0), shape.length);
    const keep = integer(facts.node, 'keepdims', 1) === 1;
    return [{ type: 'int64', shape: shape.flatMap((size, a) => (a !== axis ? [size] : keep ? [1] : [])) }];
  },
  rule: () => jump,
  enclose(facts) {
    const { shape } = required(facts, 0);
    const last = shape[positiveAxis(integer(facts.node, 'axis', 0), shape.length)]! - 1;
    return [enclosureOf(requiredOutput(facts).shape, () => [0, last])];
  },
};
