import type { Network, Node } from '../network/network.ts';
import { recognise, scalarOf, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/** x where x > 0, alpha (exp(x) - 1) elsewhere: the exponential alone has no constant, and of a choice nobody knows whether it jumps. */
export const recogniseElu = (network: Network): Network => recognise(network, 'Where', matchElu);

function matchElu(choice: Node, around: Surroundings): Recognised | undefined {
  const { network, made } = around;
  const comparison = made(choice.inputs[0], 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual');
  if (comparison === undefined) return undefined;
  const [left, right] = comparison.inputs as readonly [string, string];
  const rising = comparison.op.startsWith('Less') ? [left, right] : [right, left];
  // Above 0 the first is chosen where 0 is the smaller side of the comparison.
  const above = scalarOf(network, rising[0]) === 0;
  const [x, zero] = above ? [rising[1]!, rising[0]!] : [rising[0]!, rising[1]!];
  const [, first, second] = choice.inputs as readonly [string, string, string];
  const [identity, bent] = above ? [first, second] : [second, first];
  if (scalarOf(network, zero) !== 0 || identity !== x) return undefined;
  const scaling = made(bent, 'Mul');
  const scaled = withScalar(network, scaling);
  const difference = made(scaled?.tensor ?? bent, 'Sub', 'Add');
  const shifted = withScalar(network, difference);
  const exponential = made(shifted?.tensor, 'Exp');
  if (difference === undefined || shifted === undefined || exponential?.inputs[0] !== x) return undefined;
  const minusOne = difference.op === 'Add' ? shifted.scalar === -1 : shifted.scalar === 1 && difference.inputs[0] === shifted.tensor; // prettier-ignore
  if (!minusOne) return undefined;
  const attributes = new Map([['alpha', { kind: 'float', value: scaled?.scalar ?? 1 }]] as const);
  const inner = [comparison, exponential, difference, ...(scaled === undefined ? [] : [scaling!])];
  return { as: { ...choice, op: 'Elu', inputs: [x], attributes }, last: choice, inner };
}
