import { integer } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { NodeFacts } from '../definition.ts';
import { required } from '../facts.ts';
import { reducedAxes } from '../reductions.ts';
import type { CompositeDefinition } from './composite.ts';
import type { Draft } from './draft.ts';

const keepdims = ({ node }: NodeFacts): 0 | 1 => (integer(node, 'keepdims', 1) === 1 ? 1 : 0);

const sum = (facts: NodeFacts, draft: Draft, x: string): string =>
  draft.reduceSum(x, reducedAxes(facts), keepdims(facts));

/** Sums of something else, and the product. */
export const composedReductions: readonly CompositeDefinition[] = [
  {
    ops: ['ReduceSumSquare'],
    becomes: ['Mul', 'ReduceSum'],
    write(facts, draft) {
      const x = facts.node.inputs[0]!;
      return [sum(facts, draft, draft.node('Mul', [x, x]))];
    },
  },
  {
    ops: ['ReduceLogSum'],
    becomes: ['ReduceSum', 'Log'],
    write: (facts, draft) => [draft.node('Log', [sum(facts, draft, facts.node.inputs[0]!)])],
  },
  {
    ops: ['ReduceProd'],
    becomes: ['Slice', 'Mul'],
    write(facts, draft) {
      const { shape } = required(facts, 0);
      const axes = reducedAxes(facts);
      const kept = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
      const rows = elementCount(kept.map((axis) => shape[axis]!));
      let size = elementCount(shape) / Math.max(1, rows);
      let x = draft.reshape(draft.transpose(facts.node.inputs[0]!, [...kept, ...axes]), [rows, size]);
      // Halves are multiplied with each other until one column is left.
      while (size > 1) {
        const half = Math.floor(size / 2);
        const product = draft.node('Mul', [draft.slice(x, 1, 0, half), draft.slice(x, 1, half, 2 * half)]);
        x = size % 2 === 0 ? product : draft.concat([product, draft.slice(x, 1, size - 1, size)], 1);
        size = Math.ceil(size / 2);
      }
      const result = shape.flatMap((n, axis) => (!axes.includes(axis) ? [n] : keepdims(facts) === 1 ? [1] : []));
      return [draft.reshape(x, result)];
    },
  },
];
