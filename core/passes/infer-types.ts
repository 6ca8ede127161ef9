import type { Network } from '../network/network.ts';
import type { Tensor, TensorType } from '../network/tensor.ts';
import { factsOf } from '../operators/facts.ts';
import { operatorOf } from '../operators/index.ts';
import { UserError } from '../sentence.ts';

/**
 * Types of all tensors, as far as they can be known, in one walk. What depends only on types (Shape, Size) becomes a constant.
 * A node whose shape cannot be inferred leaves a gap, not an error: the rest of the network still gets its answer.
 */
export function inferTypes(network: Network): Network {
  const types = new Map(network.types);
  const constants = new Map(network.constants);
  const current: Network = { ...network, types, constants };
  for (const node of network.nodes) {
    const definition = operatorOf(node);
    const facts = factsOf(current, node);
    if (definition === undefined || node.inputs.some((name, index) => name !== '' && facts.input(index) === undefined))
      continue;
    if (definition.known !== undefined) constants.set(node.outputs[0]!, definition.known(facts));
    for (const [index, type] of typesOrNothing(() => definition.infer(facts)).entries()) {
      const name = node.outputs[index];
      if (name !== undefined && name !== '') types.set(name, type);
    }
  }
  return { ...network, types, constants: withoutChange(network.constants, constants) };
}

function typesOrNothing(infer: () => readonly TensorType[]): readonly TensorType[] {
  try {
    return infer();
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

const withoutChange = (
  before: ReadonlyMap<string, Tensor>,
  after: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> => (after.size === before.size ? before : after);
