import type { Network, Node } from '../network/network.ts';
import { elementCount, type Tensor, type TensorType } from '../network/tensor.ts';
import { factsOf } from '../operators/facts.ts';
import { operatorOf } from '../operators/index.ts';
import { TooLargeError, UserError } from '../sentence.ts';

/**
 * Types of all tensors, as far as they can be known, in one walk. What depends only on types (Shape, Size) becomes a constant.
 * A shape that is only declared is good enough to tell what a layer does, not to become a number of the network.
 * A node whose shape cannot be inferred leaves a gap, not an error: the rest of the network still gets its answer.
 */
export function inferTypes(network: Network, shapes: 'certain' | 'declared' = 'certain'): Network {
  const types = new Map(network.types);
  const constants = new Map(network.constants);
  const current: Network = { ...network, types, constants };
  for (const node of network.nodes) {
    const definition = operatorOf(node);
    const facts = factsOf(current, node);
    if (definition === undefined || node.inputs.some((name, index) => name !== '' && facts.input(index) === undefined))
      continue;
    if (definition.known !== undefined && shapes === 'certain')
      constants.set(node.outputs[0]!, definition.known(facts));
    for (const [index, type] of typesOrNothing(() => definition.infer(facts)).entries()) {
      const name = node.outputs[index];
      // Sizes that make no sense come from a node that no runtime would accept; it leaves a gap like any other.
      if (name === undefined || name === '' || !type.shape.every((size) => Number.isInteger(size) && size >= 0))
        continue;
      refuseHuge(node, type);
      types.set(name, type);
    }
  }
  return { ...network, types, constants: withoutChange(network.constants, constants) };
}

/** Beyond this many elements (2 GB as doubles) no bound of ours can be computed in anybody's memory. */
const largestTensor = 2 ** 28;

function refuseHuge(node: Node, { shape }: TensorType): void {
  const count = elementCount(shape);
  if (count > largestTensor)
    throw new TooLargeError(
      `${node.op} node "${node.id}" makes a tensor of ${count} elements, more than can be analysed.`,
    );
}

function typesOrNothing(infer: () => readonly TensorType[]): readonly TensorType[] {
  try {
    return infer();
  } catch (error) {
    if (error instanceof UserError && !(error instanceof TooLargeError)) return [];
    throw error;
  }
}

const withoutChange = (
  before: ReadonlyMap<string, Tensor>,
  after: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> => (after.size === before.size ? before : after);
