import { integer } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { selectionMap } from './maps/selection-map.ts';
import { positiveAxis, required, requiredOutput, variables } from './facts.ts';

const sizeOf = (facts: NodeFacts, index: number): number => elementCount(required(facts, index).shape);

/** For every element of the output, which element of this input it is, or -1. */
export function placesOf(facts: NodeFacts, index: number): Int32Array {
  const shape = requiredOutput(facts).shape;
  const axis = positiveAxis(integer(facts.node, 'axis', 1), shape.length);
  const widthOf = (k: number): number => elementCount(required(facts, k).shape.slice(axis));
  const width = widthOf(index);
  const stride = elementCount(shape.slice(axis));
  const start = facts.node.inputs.slice(0, index).reduce((before, _, k) => before + widthOf(k), 0);
  return Int32Array.from({ length: elementCount(shape) }, (_, i) => {
    const offset = (i % stride) - start;
    return offset >= 0 && offset < width ? Math.floor(i / stride) * width + offset : -1;
  });
}

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
    exactly: () => ({
      kind: 'sum',
      images: variables(facts).map((index) => ({
        factor: 1,
        map: selectionMap(placesOf(facts, index), sizeOf(facts, index)),
      })),
    }),
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
