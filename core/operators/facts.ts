import type { Network, Node } from '../network/network.ts';
import { numbersOf, type TensorType } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { NodeFacts } from './definition.ts';

/** What a network knows about the tensors around one of its nodes. */
export function factsOf(network: Network, node: Node): NodeFacts {
  const typeOf = (name: string | undefined): TensorType | undefined =>
    name === undefined || name === '' ? undefined : (network.constants.get(name) ?? network.types.get(name));
  return {
    node,
    opset: network.opset,
    input: (index) => typeOf(node.inputs[index]),
    output: (index) => typeOf(node.outputs[index]),
    constant: (index) => network.constants.get(node.inputs[index] ?? ''),
  };
}

/** The type of an input that the operator cannot do without. */
export function required(facts: NodeFacts, index: number): TensorType {
  const type = facts.input(index);
  if (type === undefined) throw new UserError(`${facts.node.op} node "${facts.node.id}" lacks its input ${index + 1}.`);
  return type;
}

export function requiredOutput(facts: NodeFacts): TensorType {
  const type = facts.output(0);
  if (type === undefined)
    throw new UserError(`The shape of the output of ${facts.node.op} node "${facts.node.id}" is not known.`);
  return type;
}

/** The numbers of a constant input, or undefined where it is absent. */
export function constantNumbers(facts: NodeFacts, index: number): Float64Array | undefined {
  const tensor = facts.constant(index);
  return tensor === undefined ? undefined : numbersOf(tensor);
}

/** The numbers of an input that has to be constant for shapes to be known (Reshape's target, Slice's starts). */
export function requiredNumbers(facts: NodeFacts, index: number, what: string): number[] {
  const numbers = constantNumbers(facts, index);
  if (numbers === undefined)
    throw new UserError(
      `${what} of ${facts.node.op} node "${facts.node.id}" is computed at run time, so its shape is not known.`,
    );
  return [...numbers];
}

export const positiveAxis = (axis: number, axes: number): number => (axis < 0 ? axis + axes : axis);

/** Index of the only input that depends on the graph's input, or undefined when there are several or none. */
export function onlyVariable(facts: NodeFacts): number | undefined {
  const variables = facts.node.inputs.flatMap((name, index) =>
    name !== '' && facts.constant(index) === undefined ? [index] : [],
  );
  return variables.length === 1 ? variables[0] : undefined;
}

export const variables = (facts: NodeFacts): readonly number[] =>
  facts.node.inputs.flatMap((name, index) => (name !== '' && facts.constant(index) === undefined ? [index] : []));
