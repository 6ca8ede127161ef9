import type { Attribute, Network, Node } from '../network/network.ts';
import { beside, recognise, scalarOf, type Recognised, type Surroundings } from './pattern.ts';

/**
 * Where with a comparison of what it chooses from: Max, Min, PRelu and ThresholdedRelu written out. Of any other condition on the input
 * nobody knows whether the choice jumps.
 */
export const recogniseChoice = (network: Network): Network => recognise(network, 'Where', matchChoice);

function matchChoice(choice: Node, around: Surroundings): Recognised | undefined {
  const comparison = around.made(choice.inputs[0], 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual');
  if (comparison === undefined) return undefined;
  const [left, right] = comparison.inputs as readonly [string, string];
  const [smaller, larger] = comparison.op.startsWith('Less') ? [left, right] : [right, left];
  const [, chosen, otherwise] = choice.inputs as readonly [string, string, string];
  const same = (a: string, b: string): boolean => {
    const value = scalarOf(around.network, a);
    return a === b || (value !== undefined && value === scalarOf(around.network, b));
  };
  const found = (op: string, inputs: readonly string[], attributes: ReadonlyMap<string, Attribute>, inner: Node[]) => ({
    as: { ...choice, op, inputs, attributes },
    last: choice,
    inner: [comparison, ...inner],
  });
  const extreme = same(chosen, larger) && same(otherwise, smaller) ? 'Max' : 'Min';
  if (extreme === 'Max' || (same(chosen, smaller) && same(otherwise, larger)))
    return found(extreme, variableFirst(around.network, smaller, larger), new Map(), []);

  // From here on the comparison is with a constant, and what is chosen on either side of it depends on x alone.
  const [x, below, beyond] = around.network.constants.has(smaller)
    ? [larger, otherwise, chosen]
    : [smaller, chosen, otherwise];
  const limit = scalarOf(around.network, x === larger ? smaller : larger);
  if (limit === undefined || beyond !== x) return undefined;
  if (scalarOf(around.network, below) === 0) {
    // At the limit itself ThresholdedRelu is 0, and so must be what is written out.
    const attributes = new Map([['alpha', { kind: 'float', value: limit }]] as const);
    return (x === larger) === comparison.op.endsWith('OrEqual')
      ? undefined
      : found('ThresholdedRelu', [x], attributes, []);
  }
  const scaled = around.made(below, 'Mul');
  if (limit !== 0 || scaled === undefined || !scaled.inputs.includes(x)) return undefined;
  const slope = beside(scaled, x);
  return slope !== undefined && around.network.constants.has(slope) && slope !== x
    ? found('PRelu', [x, slope], new Map(), [scaled])
    : undefined;
}

const variableFirst = ({ constants }: Network, a: string, b: string): readonly string[] =>
  constants.has(a) ? [b, a] : [a, b];
