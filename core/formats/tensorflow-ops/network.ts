import type { GraphValue, Network, Node } from '../../network/network.ts';
import type { ElementType, Tensor, TensorType } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { Draft, draftOpset } from '../tensorflow/draft.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value, type Sizes } from '../tensorflow/value.ts';
import { quoted } from '../wording.ts';
import { atrousConvolutions, writeAtrous, type AtrousConvolution } from './atrous.ts';
import { inOrder, type Graph, type GraphNode, type Source } from './graph-def.ts';
import { operationOf } from './index.ts';
import { KnownNumbers } from './known-numbers.ts';
import { Operation } from './operation.ts';
import { refusals } from './refused.ts';

export interface GraphInput {
  readonly name: string;
  readonly type: ElementType;
  /** undefined where the file does not even say how many axes there are. */
  readonly shape: Sizes | undefined;
}

/** A graph with what goes in and comes out. */
export interface GraphModel {
  readonly graph: Graph;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly Source[];
  /** The numbers of an operation Const. */
  readonly weight: (name: string) => Tensor | undefined;
}

/** A graph of TensorFlow's operations as a network. */
export const networkOf = (format: string, file: string, model: GraphModel): Network =>
  new Writer(file, model).network(format);

class Writer {
  readonly #file: string;
  readonly #model: GraphModel;
  readonly #draft = new Draft();
  readonly #known = new KnownNumbers(this.#draft);
  readonly #made = new Map<string, readonly Value[]>();
  readonly #read = new Map<string, number>();
  readonly #types = new Map<string, TensorType>();

  constructor(file: string, model: GraphModel) {
    this.#file = file;
    this.#model = model;
  }

  network(format: string): Network {
    const { graph, outputs } = this.#model;
    if (outputs.length === 0) throw new UserError(`${this.#file} names no outputs, so there is nothing to inspect.`);
    const inputs = this.#inputs();
    const ordered = inOrder(
      graph,
      outputs.map(({ name }) => name),
      this.#file,
    );
    for (const { name, index } of [...outputs, ...ordered.flatMap((node) => node.inputs)])
      this.#read.set(name, Math.max(this.#read.get(name) ?? 0, index + 1));
    const atrous = atrousConvolutions(graph);
    const within = new Set([...atrous.values()].flatMap(({ before, convolution }) => [before, convolution]));
    for (const node of ordered) {
      // What stands inside a convolution with gaps is written with it.
      if (!this.#made.has(node.name) && !within.has(node))
        this.#made.set(node.name, this.#write(node, atrous.get(node)));
    }
    const results = this.#outputs(inputs);
    return {
      format,
      opset: draftOpset,
      nodes: needed(this.#draft.nodes, results),
      inputs,
      outputs: results,
      constants: this.#draft.constants,
      types: this.#types,
    };
  }

  #inputs(): readonly GraphValue[] {
    return this.#model.inputs.map(({ name, type, shape }) => {
      const reserved = this.#draft.reserve(name);
      this.#made.set(name, [
        shape === undefined
          ? Value.unranked(this.#draft, reserved, type)
          : Value.plain(this.#draft, reserved, shape, type),
      ]);
      return { name: reserved, type, shape: shape === undefined ? null : namedBatch(shape) };
    });
  }

  /** Two outputs may be the same tensor, and one may be an input or a weight: each gets a name of its own. */
  #outputs(inputs: readonly GraphValue[]): readonly GraphValue[] {
    const taken = new Set([...inputs.map(({ name }) => name), ...this.#draft.constants.keys()]);
    return this.#model.outputs.map((source) => {
      const value = this.#value(source);
      let { name } = value;
      if (taken.has(name)) name = this.#draft.node('Identity', `${source.name}/output`, [name]);
      taken.add(name);
      return { name, type: value.type, shape: value.isRanked ? namedBatch(value.shape) : null };
    });
  }

  #value({ name, index }: Source): Value {
    const value = this.#made.get(name)?.[index];
    if (value !== undefined) return value;
    throw new UserError(`${this.#file} is damaged: nothing makes the tensor ${quoted(`${name}:${index}`)}.`);
  }

  #write(node: GraphNode, atrous: AtrousConvolution | undefined): readonly Value[] {
    if (node.op === 'Const') return [this.#weight(node)];
    const before = this.#draft.nodes.length;
    try {
      if (atrous !== undefined) return possible([this.#atrous(node, atrous)]);
      const definition = operationOf.get(node.op);
      if (definition === undefined) {
        throw new Unsupported(refusals.get(node.op) ?? `the operation ${node.op} of TensorFlow is not known here`);
      }
      const operation = this.#operation(node);
      const written = definition.write(operation);
      const values = possible(written instanceof Value ? [written] : written);
      if (values.length === 1) this.#known.learnFrom(node.op, operation.inputs, values[0]!);
      return values;
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      // What was begun of the operation would stand beside the node that stands for all of it.
      this.#draft.nodes.splice(before);
      return this.#untranslated(node, error.message);
    }
  }

  #atrous(after: GraphNode, { before, convolution }: AtrousConvolution): Value {
    const first = this.#operation(before);
    // The values between exist only where the three operations are written one by one.
    const placeholder = Value.unranked(this.#draft, convolution.name);
    const [, ...weights] = convolution.inputs.map((source, i) => (i === 0 ? placeholder : this.#value(source)));
    const [, ...settings] = after.inputs.map((source, i) => (i === 0 ? placeholder : this.#value(source)));
    const middle = this.#operation(convolution, [placeholder, ...weights]);
    const whole = writeAtrous(first, middle, this.#operation(after, [placeholder, ...settings]));
    if (whole !== undefined) return whole;
    const blocks = this.#one(before, first);
    const convolved = this.#one(convolution, middle.on([blocks, ...weights]));
    return this.#one(after, this.#operation(after, [convolved, ...settings]));
  }

  #one(node: GraphNode, operation: Operation): Value {
    const written = operationOf.get(node.op)!.write(operation);
    return written instanceof Value ? written : written[0]!;
  }

  #operation(node: GraphNode, inputs = node.inputs.map((source) => this.#value(source))): Operation {
    return new Operation(node, inputs, this.#draft, this.#known, this.#read.get(node.name) ?? 1);
  }

  #weight({ name }: GraphNode): Value {
    const tensor = this.#model.weight(name);
    if (tensor === undefined) {
      throw new UserError(`${this.#file} holds no numbers for ${quoted(name)}, which its graph uses: save it again.`);
    }
    return Value.plain(this.#draft, this.#draft.constant(tensor), tensor.shape, tensor.type);
  }

  /** A node that says why, so that the rest of the network still gets its answer. */
  #untranslated(node: GraphNode, reason: string): readonly Value[] {
    const inputs = node.inputs.flatMap(({ name, index }) => this.#made.get(name)?.[index]?.name ?? []);
    const name = this.#draft.untranslated(node.op, node.name, inputs, reason, 'tensorflow');
    const type = node.attributes.type('T') ?? node.attributes.type('dtype') ?? 'float32';
    const count = Math.max(1, this.#read.get(node.name) ?? 1);
    // All outputs of the operation are one tensor: nothing is said about any of them.
    return Array.from({ length: count }, () => Value.unranked(this.#draft, name, type));
  }
}

/** Settings of a damaged file lead to sizes that no tensor has. */
function possible(values: readonly Value[]): readonly Value[] {
  for (const value of values) {
    const wrong = (value.isRanked ? value.shape : []).find(
      (size) => size !== null && !(Number.isSafeInteger(size) && size >= 0),
    );
    if (wrong !== undefined)
      throw new Unsupported(`its sizes are impossible: [${value.shape.map((size) => size ?? '?').join(', ')}]`);
  }
  return values;
}

/** The first axis is the batch wherever it is free. */
const namedBatch = (shape: Sizes): readonly (number | string | null)[] =>
  shape.map((size, axis) => (axis === 0 ? (size ?? 'batch') : size));

/** Sizes are read off tensors by nodes that nobody needs once the sizes are known. */
function needed(nodes: readonly Node[], outputs: readonly GraphValue[]): readonly Node[] {
  const wanted = new Set(outputs.map(({ name }) => name));
  const kept: Node[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    kept.push(node);
  }
  return kept.reverse();
}
