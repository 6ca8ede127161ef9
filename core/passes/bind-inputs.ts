import type { Dimension, GraphValue, Network } from '../network/network.ts';
import { elementCount, isFloating, numbersAs, type Shape, type Tensor, type TensorType } from '../network/tensor.ts';
import { RequestError, UserError } from '../sentence.ts';
import { readOutput, tensorNames } from './read-output.ts';

/** The question as far as it concerns the network's ends. */
export interface Ends {
  /** An input of the graph, or a tensor in its midst (see between-ends.ts); the first input otherwise. */
  readonly input?: string;
  /** An output of the graph, a tensor in its midst, or components of one; the first output otherwise. */
  readonly output?: string;
  /** Sizes for free dimensions, by name, or by "input:axis" where the file gives no name. */
  readonly dims: Readonly<Record<string, number>>;
  /** Values at which inputs other than the chosen one are held; zeros otherwise. */
  readonly held: ReadonlyMap<string, Float64Array>;
}

/** A 4096 x 4096 image in colour is below; far beyond it not even one point fits beside the others of a search. */
const largestInput = 2 ** 26;

export interface BoundNetwork {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
  readonly notes: readonly string[];
}

/**
 * Makes every size concrete (batch 1) and leaves one input free: the others become constants. Constants of a network are the whole
 * of what does not depend on the chosen input, so everything downstream needs no notion of a second input.
 */
export function bindInputs(network: Network, ends: Ends): BoundNetwork {
  const chosen = chooseInput(network, ends.input);
  const output = chooseOutput(network, ends.output);
  const constants = new Map(network.constants);
  // What a file declares about tensors in its midst may be wrong; it is looked at where nothing else can tell (measure-types.ts).
  const types = new Map<string, TensorType>();
  const notes: string[] = [];
  const dims = { ...batchSymbols(network), ...ends.dims };
  for (const input of network.inputs) {
    const shape = concreteShape(input, dims);
    if (input.name === chosen.name) {
      types.set(input.name, { type: input.type, shape });
      continue;
    }
    constants.set(input.name, heldAt(input, shape, ends.held.get(input.name)));
    notes.push(`Input "${input.name}" is held at ${ends.held.has(input.name) ? 'the given value' : 'zeros'}.`);
  }
  if (ends.held.has(chosen.name))
    throw new RequestError(`Input "${chosen.name}" is the one that moves, so it cannot be held at a value as well.`);
  for (const name of ends.held.keys())
    if (!network.inputs.some((input) => input.name === name))
      throw new RequestError(
        `There is no input "${name}" to hold at a value; the inputs are ${names(network.inputs)}.`,
      );
  const inputs = [{ ...chosen, shape: types.get(chosen.name)!.shape }];
  return {
    network: { ...network, inputs, outputs: network.outputs, constants, types },
    input: chosen.name,
    output: output.name,
    notes,
  };
}

const names = (values: readonly GraphValue[]): string => values.map(({ name }) => `"${name}"`).join(', ');

function chooseInput(network: Network, name: string | undefined): GraphValue {
  const inner = name !== undefined && network.nodes.some(({ outputs }) => outputs.includes(name));
  const chosen =
    name === undefined || inner
      ? network.inputs.find(({ type }) => isFloating(type))
      : network.inputs.find((input) => input.name === name);
  if (chosen !== undefined) return chosen;
  if (name !== undefined && !inner)
    throw new RequestError(
      `There is no input "${name}", nor an inner tensor or node of that name; the inputs are ${names(network.inputs)}.`,
    );
  throw new UserError(
    network.inputs.length === 0
      ? 'The model has no input.'
      : 'The model has no floating-point input, so there is no slope to speak of.',
  );
}

function chooseOutput(network: Network, asked: string | undefined): GraphValue {
  const name = asked === undefined ? undefined : readOutput(asked, network).tensor;
  const chosen = name === undefined ? undefined : network.outputs.find((output) => output.name === name);
  if (chosen !== undefined) return chosen;
  if (name !== undefined && !tensorNames(network).has(name))
    throw new RequestError(
      `There is no output "${name}", nor an inner tensor or node of that name; the outputs are ${names(network.outputs)}.`,
    );
  const first = network.outputs[0];
  if (first === undefined) throw new UserError('The model has no output.');
  return first;
}

function concreteShape({ name, shape }: GraphValue, dims: Readonly<Record<string, number>>): Shape {
  if (shape === null)
    throw new UserError(`The file does not say how many axes input "${name}" has, so its size is not known.`);
  const sizes = shape.map((size, axis) => dimension(name, size, axis, dims));
  if (elementCount(sizes) > largestInput)
    throw new UserError(`Input "${name}" has ${elementCount(sizes)} elements, more than can be analysed.`);
  return sizes;
}

/** What one input calls its first axis is the batch, which is 1, also where another input has it further back (the states of a recurrent layer). */
const batchSymbols = ({ inputs }: Network): Record<string, number> =>
  Object.fromEntries(
    inputs.flatMap(({ shape }) => {
      const first = shape?.[0];
      return typeof first === 'string' ? [[first, 1] as const] : [];
    }),
  );

function dimension(input: string, size: Dimension, axis: number, dims: Readonly<Record<string, number>>): number {
  const given = typeof size === 'string' ? (dims[size] ?? dims[`${input}:${axis}`]) : dims[`${input}:${axis}`];
  if (given !== undefined && typeof size !== 'number') return given;
  if (typeof size === 'number' && size > 0) return size;
  // One sample at a time: the constant is that of the map from one input to one output.
  if (axis === 0) return 1;
  const key = typeof size === 'string' ? size : `${input}:${axis}`;
  throw new UserError(`Axis ${axis + 1} of input "${input}" has no fixed size; give one with --dim ${key}=N.`);
}

function heldAt(input: GraphValue, shape: Shape, value: Float64Array | undefined): Tensor {
  const count = elementCount(shape);
  if (value !== undefined && value.length !== count && value.length !== 1)
    throw new RequestError(
      `Input "${input.name}" has ${count} elements, but ${value.length} values were given for it.`,
    );
  const numbers =
    value === undefined
      ? new Float64Array(count)
      : value.length === count
        ? value
        : new Float64Array(count).fill(value[0]!);
  const tensor = numbersAs(input.name, shape, numbers, input.type);
  if (tensor === undefined)
    throw new UserError(`Input "${input.name}" of type ${input.type} cannot be held at a value yet.`);
  return tensor;
}
