import type { Norm } from '../bound.ts';
import { above } from '../rounding.ts';
import { encloseBroadcast, stretch } from './addition.ts';
import { broadcastShape, copiesOf, copyGain } from './broadcast.ts';
import type { OperatorDefinition } from './definition.ts';
import { required, requiredOutput, variables } from './facts.ts';
import type { Interval } from './interval.ts';

/**
 * Max or Min of several tensors, element by element: the change of the result is at most the largest change of an argument, so
 * linf takes the largest constant, l2 the root of the sum of squares, l1 the sum. Constant arguments never count.
 */
function extreme(op: 'Max' | 'Min'): OperatorDefinition {
  const pick = op === 'Max' ? Math.max : Math.min;
  return {
    ops: [op],
    kind: (facts) => (variables(facts).length > 1 ? 'join' : 'activation'),
    infer: (facts) => [
      {
        type: required(facts, 0).type,
        shape: broadcastShape(facts.node.inputs.map((_, index) => required(facts, index).shape)),
      },
    ],
    rule(facts) {
      const inputs = variables(facts);
      const output = requiredOutput(facts).shape;
      return {
        kind: 'join',
        inputs,
        // A constant argument changes nothing, yet may be the larger one: that is an activation, not a join.
        ...(inputs.length === 2 && facts.node.inputs.length === 2
          ? {
              exactly: () => ({
                kind: op === 'Max' ? 'largest' : 'smallest',
                images: inputs.map((index) => ({ factor: 1, map: stretch(required(facts, index).shape, output) })),
              }),
            }
          : {}),
        combine(norm: Norm, constants) {
          const each = constants.map((constant, k) => {
            const copies = copyGain(norm, copiesOf(required(facts, inputs[k]!).shape, output));
            return copies === 1 ? constant : above(copies * constant);
          });
          if (each.length === 1) return each[0]!;
          if (norm === 'linf') return Math.max(...each);
          if (norm === 'l1') return each.reduce((sum, value) => above(sum + value), 0);
          return above(Math.sqrt(each.reduce((sum, value) => above(sum + above(value * value)), 0)));
        },
      };
    },
    enclose: (facts, ranges) => [
      encloseBroadcast(facts, ranges, (a, b): Interval => [pick(a[0], b[0]), pick(a[1], b[1])]),
    ],
  };
}

export const maximum = extreme('Max');
export const minimum = extreme('Min');
