import type { Attribute, Node, Subgraph } from '../../network/network.ts';
import { nodeOf, type AttributeValue } from '../../network/new-node.ts';
import { inlined } from '../../network/subgraph.ts';
import {
  isFloating,
  numbersAs,
  tensorOfNumbers,
  type ElementType,
  type Shape,
  type Tensor,
} from '../../network/tensor.ts';
import type { NodeFacts } from '../definition.ts';

/** The attributes of a node that is being written; floats that happen to be whole have to say what they are. */
export type Attributes = Readonly<Record<string, AttributeValue | Attribute>>;

export const float = (value: number): Attribute => ({ kind: 'float', value });

/** Nodes and constants in the making that will stand in the place of one node. Every method returns names of tensors. */
export class Draft {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Tensor>();
  readonly #owner: Node;
  readonly #opset: number;
  #count = 0;

  constructor({ node, opset }: NodeFacts) {
    this.#owner = node;
    this.#opset = opset;
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.many(op, inputs, 1, attributes)[0]!;
  }

  many(op: string, inputs: readonly string[], count: number, attributes: Attributes = {}): readonly string[] {
    const id = `${this.#owner.id}/${op}_${this.#count++}`;
    const outputs = Array.from({ length: count }, (_, k) => (count === 1 ? `${id}:0` : `${id}:${k}`));
    this.nodes.push({ ...nodeOf(op, id, inputs, outputs, attributes), origin: this.#owner.origin });
    return outputs;
  }

  /** A call of the operator with fixed numbers, of the type of the tensors around. */
  numbers(like: ElementType, shape: Shape, values: ArrayLike<number>): string {
    return this.#constant(shape, values, like === 'float64' || like === 'int64' ? like : 'float32');
  }

  integers(values: readonly number[]): string {
    return this.#constant([values.length], values, 'int64');
  }

  scalar(like: ElementType, value: number): string {
    return this.numbers(like, [], [value]);
  }

  /** For Where: which entries are taken from its second input. */
  choice(shape: Shape, first: readonly boolean[]): string {
    const name = `${this.#owner.id}/constant_${this.#count++}`;
    this.constants.set(name, numbersAs(name, shape, Float64Array.from(first, Number), 'bool')!);
    return name;
  }

  #constant(shape: Shape, values: ArrayLike<number>, type: 'float32' | 'float64' | 'int64'): string {
    const name = `${this.#owner.id}/constant_${this.#count++}`;
    this.constants.set(name, tensorOfNumbers(name, shape, values, type));
    return name;
  }

  /** A graph of one output that the node holds, with these tensors as its inputs. */
  inline(graph: Subgraph, inputs: readonly string[]): string {
    const id = `${this.#owner.id}/graph_${this.#count++}`;
    const { nodes, constants } = inlined(graph, {
      prefix: `${id}/`,
      arguments: new Map(graph.inputs.map(({ name }, k) => [name, inputs[k]!])),
      results: [id],
    });
    this.nodes.push(...nodes);
    for (const [name, tensor] of constants) this.constants.set(name, tensor);
    return id;
  }

  reshape(x: string, shape: Shape): string {
    return this.node('Reshape', [x, this.integers(shape)], shape.includes(0) ? { allowzero: 1 } : {});
  }

  transpose(x: string, perm: readonly number[]): string {
    return perm.every((axis, at) => axis === at) ? x : this.node('Transpose', [x], { perm });
  }

  /** Entries from..to-1 along one axis. */
  slice(x: string, axis: number, from: number, to: number): string {
    if (this.#opset < 10) return this.node('Slice', [x], { starts: [from], ends: [to], axes: [axis] });
    return this.node('Slice', [x, this.integers([from]), this.integers([to]), this.integers([axis])]);
  }

  /** With zeros; how many was an attribute before operator set 11. */
  pad(x: string, pads: readonly number[]): string {
    return this.#opset < 11 ? this.node('Pad', [x], { pads }) : this.node('Pad', [x, this.integers(pads)]);
  }

  /** In float32; limits were attributes before operator set 11. */
  clip(x: string, min: number, max: number): string {
    if (this.#opset < 11) return this.node('Clip', [x], { min: float(min), max: float(max) });
    return this.node('Clip', [x, this.scalar('float32', min), this.scalar('float32', max)]);
  }

  unsqueeze(x: string, axes: readonly number[]): string {
    return this.#withAxes('Unsqueeze', x, axes, 13);
  }

  squeeze(x: string, axes: readonly number[]): string {
    return this.#withAxes('Squeeze', x, axes, 13);
  }

  reduceSum(x: string, axes: readonly number[], keepdims: 0 | 1): string {
    return this.#withAxes('ReduceSum', x, axes, 13, { keepdims });
  }

  reduceMean(x: string, axes: readonly number[], keepdims: 0 | 1): string {
    return this.#withAxes('ReduceMean', x, axes, 18, { keepdims });
  }

  reduceL2(x: string, axes: readonly number[], keepdims: 0 | 1): string {
    return this.#withAxes('ReduceL2', x, axes, 18, { keepdims });
  }

  /** Axes were an attribute before this operator set. */
  #withAxes(op: string, x: string, axes: readonly number[], input: number, attributes: Attributes = {}): string {
    if (axes.length === 0) return x;
    return this.#opset < input
      ? this.node(op, [x], { ...attributes, axes })
      : this.node(op, [x, this.integers(axes)], attributes);
  }

  concat(parts: readonly string[], axis: number): string {
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis });
  }

  softmax(x: string, rank: number): string {
    // Before operator set 13 the default axis meant something else; the last one means the same in all.
    return this.node('Softmax', [x], { axis: this.#opset < 13 ? rank - 1 : -1 });
  }
}

export const floatingType = (facts: NodeFacts, index: number): ElementType => {
  const type = facts.input(index)?.type;
  return type !== undefined && isFloating(type) ? type : 'float32';
};
