import { integer } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import type { OperatorDefinition } from './definition.ts';
import { positiveAxis, required, requiredOutput, variables } from './facts.ts';

/** Side by side: l2 adds the squares, l1 adds, linf takes the largest. Constants beside the data change nothing. */
export const concat: OperatorDefinition = {
  ops: ['Concat'],
  kind: () => 'join',
  infer(facts) {
    const first = required(facts, 0);
    const axis = positiveAxis(integer(facts.node, 'axis', 1), first.shape.length);
    const total = facts.node.inputs.reduce((sum, _, index) => sum + required(facts, index).shape[axis]!, 0);
    return [{ type: first.type, shape: first.shape.map((size, a) => (a === axis ? total : size)) }];
  },
  rule: (facts) => ({
    kind: 'join',
    inputs: variables(facts),
    combine(norm, constants) {
      if (constants.length === 1) return constants[0]!;
      if (norm === 'linf') return Math.max(...constants);
      if (norm === 'l1') return above(constants.reduce((sum, value) => above(sum + value), 0));
      return above(Math.sqrt(constants.reduce((sum, value) => above(sum + above(value * value)), 0)));
    },
  }),
  enclose(facts, ranges) {
    const shape = requiredOutput(facts).shape;
    const axis = positiveAxis(integer(facts.node, 'axis', 1), shape.length);
    const outer = elementCount(shape.slice(0, axis));
    const lower = new Float64Array(elementCount(shape));
    const upper = lower.slice();
    const stride = elementCount(shape.slice(axis));
    let start = 0;
    for (const box of ranges) {
      const width = elementCount(box!.shape.slice(axis));
      for (let o = 0; o < outer; o++) {
        lower.set(box!.lower.subarray(o * width, (o + 1) * width), o * stride + start);
        upper.set(box!.upper.subarray(o * width, (o + 1) * width), o * stride + start);
      }
      start += width;
    }
    return [{ shape, lower, upper }];
  },
};
