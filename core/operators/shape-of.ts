import { attributeOf, integer } from '../network/network.ts';
import { elementCount, tensorOfNumbers } from '../network/tensor.ts';
import type { OperatorDefinition } from './definition.ts';
import { positiveAxis, required } from './facts.ts';

/** Shape and Size ask about the type of a tensor, not its values: with sizes known they are constants. */
export const shapeOf: OperatorDefinition = {
  ops: ['Shape'],
  kind: () => null,
  infer: (facts) => [{ type: 'int64', shape: [required(facts, 0).shape.length] }],
  known(facts) {
    const { shape } = required(facts, 0);
    const clamp = (axis: number): number => Math.min(shape.length, Math.max(0, positiveAxis(axis, shape.length)));
    const end = attributeOf(facts.node, 'end', 'int')?.value ?? shape.length;
    const part = shape.slice(clamp(integer(facts.node, 'start', 0)), clamp(end));
    return tensorOfNumbers(facts.node.outputs[0]!, [part.length], part, 'int64');
  },
  rule: () => ({ kind: 'constant' }),
};

export const sizeOf: OperatorDefinition = {
  ops: ['Size'],
  kind: () => null,
  infer: () => [{ type: 'int64', shape: [] }],
  known: (facts) => tensorOfNumbers(facts.node.outputs[0]!, [], [elementCount(required(facts, 0).shape)], 'int64'),
  rule: () => ({ kind: 'constant' }),
};
