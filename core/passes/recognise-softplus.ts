import type { Network, Node } from '../network/network.ts';
import { recognise, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/** log(1 + exp(x)): a Softplus. Its parts have no constant on the whole space. */
export const recogniseSoftplus = (network: Network): Network => recognise(network, 'Log', matchSoftplus);

function matchSoftplus(log: Node, { network, made }: Surroundings): Recognised | undefined {
  const sum = made(log.inputs[0], 'Add');
  const one = withScalar(network, sum);
  const exponential = one?.scalar === 1 ? made(one.tensor, 'Exp') : undefined;
  if (sum === undefined || exponential === undefined) return undefined;
  const as = { ...log, op: 'Softplus', inputs: [exponential.inputs[0]!], attributes: new Map<string, never>() };
  return { as, last: log, inner: [exponential, sum] };
}
