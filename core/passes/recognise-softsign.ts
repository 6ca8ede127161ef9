import type { Network, Node } from '../network/network.ts';
import { recognise, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x / (c + |x|) with c > 0: a Softsign, for c other than 1 with the slope 1 / c at 0 ("offset" is set here, no file has it). As a quotient
 * of two tensors it would have no finite constant, for its dividend grows without limit.
 */
export const recogniseSoftsign = (network: Network): Network => recognise(network, 'Div', matchSoftsign);

function matchSoftsign(quotient: Node, { network, made }: Surroundings): Recognised | undefined {
  const [x, divisor] = quotient.inputs;
  const sum = made(divisor, 'Add');
  const shifted = withScalar(network, sum);
  const size = made(shifted?.tensor, 'Abs');
  if (x === undefined || sum === undefined || shifted === undefined || size?.inputs[0] !== x) return undefined;
  if (!(shifted.scalar >= 2 ** -100 && shifted.scalar <= 2 ** 100)) return undefined;
  const attributes = new Map([['offset', { kind: 'float', value: shifted.scalar }]] as const);
  return { as: { ...quotient, op: 'Softsign', inputs: [x], attributes }, last: quotient, inner: [size, sum] };
}
