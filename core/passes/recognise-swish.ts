import type { Network, Node } from '../network/network.ts';
import { beside, recognise, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/** x sigmoid(alpha x) written out (SiLU, Swish): as a product of two tensors it would have no finite constant. */
export const recogniseSwish = (network: Network): Network => recognise(network, 'Sigmoid', matchSwish);

function matchSwish(gate: Node, { network, consumers, made }: Surroundings): Recognised | undefined {
  const product = consumers.only(gate.outputs[0]!);
  if (product?.op !== 'Mul' || product.inputs[0] === product.inputs[1]) return undefined;
  const x = beside(product, gate.outputs[0]!)!;
  const scaling = made(gate.inputs[0], 'Mul');
  const scaled = gate.inputs[0] === x ? { tensor: x, scalar: 1 } : withScalar(network, scaling);
  if (scaled?.tensor !== x || network.constants.has(x)) return undefined;
  const attributes = new Map([['alpha', { kind: 'float', value: scaled.scalar }]] as const);
  const as = { ...product, op: 'Swish', inputs: [x], attributes };
  // The scaled input may be read elsewhere: then it stays.
  const own = gate.inputs[0] !== x && consumers.only(gate.inputs[0]!) === gate ? [scaling!] : [];
  return { as, last: product, inner: [gate, ...own] };
}
