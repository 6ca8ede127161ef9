import type { Network, Node } from '../network/network.ts';
import { tensorOfNumbers, type Shape, type Tensor, type TensorType } from '../network/tensor.ts';
import { inferTypes } from './infer-types.ts';

/**
 * The same network for `size` inputs at once, or undefined when its first axis is not a batch axis. A Reshape to fixed sizes is
 * rewritten; then every tensor on the way must have grown along its first axis and nowhere else.
 */
export function batched(network: Network, size: number): Network | undefined {
  const input = network.inputs[0]!;
  const inputType = network.types.get(input.name)!;
  if (inputType.shape[0] !== 1) return undefined;
  const constants = new Map(network.constants);
  const nodes = network.nodes.map((node) =>
    node.op === 'Reshape' ? widerReshape(node, network, size, constants) : node,
  );
  const types = new Map<string, TensorType>([[input.name, { ...inputType, shape: wider(inputType.shape, size) }]]);
  const wide = inferTypes({
    ...network,
    nodes,
    constants,
    types,
    inputs: [{ ...input, shape: wider(inputType.shape, size) }],
  });
  const grown = wide.nodes.every((node) =>
    node.outputs.every((name) => name === '' || isWider(network.types.get(name), wide.types.get(name), size)),
  );
  return grown ? wide : undefined;
}

const wider = (shape: Shape, size: number): Shape => [size, ...shape.slice(1)];

function isWider(before: TensorType | undefined, after: TensorType | undefined, size: number): boolean {
  if (before === undefined || after === undefined || before.shape[0] !== 1) return false;
  return (
    after.shape.length === before.shape.length && wider(before.shape, size).every((n, axis) => n === after.shape[axis])
  );
}

function widerReshape(node: Node, network: Network, size: number, constants: Map<string, Tensor>): Node {
  const output = network.types.get(node.outputs[0]!);
  if (output === undefined || output.shape[0] !== 1) return node;
  const name = `${node.id}/batched shape`;
  constants.set(name, tensorOfNumbers(name, [output.shape.length], wider(output.shape, size), 'int64'));
  return { ...node, inputs: [node.inputs[0]!, name] };
}
