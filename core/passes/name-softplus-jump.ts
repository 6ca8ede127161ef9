import type { Network, Node } from '../network/network.ts';
import { recognise, scalarOf, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x beyond a threshold and softplus(x) up to it, as PyTorch's exporter (dynamo) writes nn.Softplus with its threshold: a function that jumps there, by so little that nobody would look
 * for it. It stays the choice that it is, and says how far it jumps.
 */
export const nameSoftplusJump = (network: Network): Network => recognise(network, 'Where', matchJump);

function matchJump(choice: Node, { network, made }: Surroundings): Recognised | undefined {
  const [condition, beyond, below] = choice.inputs;
  const compared = made(condition, 'Greater', 'GreaterOrEqual');
  const threshold = scalarOf(network, compared?.inputs[1]);
  const scaled = compared?.inputs[0];
  if (threshold === undefined || scaled === undefined || choice.attributes.size > 0) return undefined;
  // softplus(beta x) / beta, where beta may be 1 and then is not written.
  const divided = made(below, 'Div');
  const softplus = made(divided === undefined ? below : divided.inputs[0], 'Softplus');
  const steepness = divided === undefined ? 1 : scalarOf(network, divided.inputs[1]);
  if (softplus?.inputs[0] !== scaled || steepness === undefined || !(steepness > 0)) return undefined;
  const product = divided === undefined ? undefined : withScalar(network, made(scaled, 'Mul'));
  if (divided === undefined ? beyond !== scaled : product?.tensor !== beyond || product?.scalar !== steepness)
    return undefined;
  const attributes = new Map([
    ['threshold', { kind: 'float', value: threshold / steepness }],
    ['jump', { kind: 'float', value: Math.log1p(Math.exp(-threshold)) / steepness }],
  ] as const);
  return { as: { ...choice, attributes }, last: choice, inner: [] };
}
