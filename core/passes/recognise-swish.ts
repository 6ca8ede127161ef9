import type { Network, Node } from '../network/network.ts';
import { elementCount, numbersOf } from '../network/tensor.ts';
import { consumersOf } from './consumers.ts';

/** x sigmoid(alpha x) written out (SiLU, Swish): as a product of two tensors it would have no finite constant. */
export function recogniseSwish(network: Network): Network {
  const consumers = consumersOf(network);
  const producers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const swishes = new Map<Node, Node>();
  const gone = new Set<Node>();
  for (const gate of network.nodes) {
    if (gate.op !== 'Sigmoid' || gate.domain !== '') continue;
    const product = consumers.only(gate.outputs[0]!);
    if (product?.op !== 'Mul' || product.inputs[0] === product.inputs[1]) continue;
    const x = product.inputs[0] === gate.outputs[0] ? product.inputs[1]! : product.inputs[0]!;
    const scaling = producers.get(gate.inputs[0]!);
    const alpha = gate.inputs[0] === x ? 1 : scaling === undefined ? undefined : scaleOf(network, scaling, x);
    if (alpha === undefined || network.constants.has(x)) continue;
    swishes.set(product, {
      ...product,
      op: 'Swish',
      inputs: [x],
      attributes: new Map([['alpha', { kind: 'float', value: alpha }]]),
    });
    gone.add(gate);
    if (alpha !== 1 && scaling !== undefined && consumers.only(scaling.outputs[0]!) === gate) gone.add(scaling);
  }
  if (swishes.size === 0) return network;
  return { ...network, nodes: network.nodes.flatMap((node) => swishes.get(node) ?? (gone.has(node) ? [] : node)) };
}

/** The number by which a node multiplies x, where it does nothing else. */
function scaleOf(network: Network, node: Node, x: string): number | undefined {
  if (node.op !== 'Mul' || !node.inputs.includes(x)) return undefined;
  const tensor = network.constants.get(node.inputs[0] === x ? node.inputs[1]! : node.inputs[0]!);
  return tensor !== undefined && elementCount(tensor.shape) === 1 ? numbersOf(tensor)[0] : undefined;
}
