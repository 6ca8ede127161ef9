import { integer } from '../network/network.ts';
import type { OperatorDefinition } from './definition.ts';
import { positiveAxis, required, requiredNumbers } from './facts.ts';
import { separableMap } from './maps/separable-map.ts';

/** Running sums along an axis: a triangle of ones. */
export const cumSum: OperatorDefinition = {
  ops: ['CumSum'],
  kind: () => 'pooling',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const { shape } = required(facts, 0);
    const axis = positiveAxis(requiredNumbers(facts, 1, 'The axis')[0]!, shape.length);
    const size = shape[axis]!;
    const own = integer(facts.node, 'exclusive', 0) === 1 ? 1 : 0;
    const reverse = integer(facts.node, 'reverse', 0) === 1;
    const entries = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) if ((reverse ? j - i : i - j) >= own) entries[i * size + j] = 1;
    return {
      kind: 'affine',
      input: 0,
      map: separableMap(shape, [{ axis, matrix: { rows: size, columns: size, entries } }]),
    };
  },
};
