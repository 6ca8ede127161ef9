import type { Network, Node } from '../network/network.ts';
import { beside, recognise, type Recognised, type Surroundings } from './pattern.ts';

/** x tanh(softplus(x)): Mish. As a product of two tensors it would have no finite constant. */
export const recogniseMish = (network: Network): Network => recognise(network, 'Tanh', matchMish);

function matchMish(tanh: Node, { consumers, made }: Surroundings): Recognised | undefined {
  const softplus = made(tanh.inputs[0], 'Softplus');
  const product = consumers.only(tanh.outputs[0]!);
  const x = softplus?.inputs[0];
  if (softplus === undefined || x === undefined || product?.op !== 'Mul') return undefined;
  if (beside(product, tanh.outputs[0]!) !== x) return undefined;
  const as = { ...product, op: 'Mish', inputs: [x], attributes: new Map<string, never>() };
  return { as, last: product, inner: [softplus, tanh] };
}
