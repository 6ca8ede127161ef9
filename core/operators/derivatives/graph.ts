import type { Attribute, Node } from '../../network/network.ts';
import { elementCount, tensorOfNumbers, type Shape, type Tensor, type TensorType } from '../../network/tensor.ts';
import type { Matrix } from '../linear-map.ts';

/** The one floating type in which a derivative is computed. */
export type Precision = 'float32' | 'float64';

/** How a derivative finds the maxima of a pooling again: by the positions that MaxPool gives, or by comparing. */
export type Maxima = 'positions' | 'masks';

/** What a new graph starts from. */
export interface GraphStart {
  readonly precision: Precision;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly types: ReadonlyMap<string, TensorType>;
  /** How many directions stand side by side on the first axis for every point. */
  readonly directions: number;
  readonly maxima: Maxima;
  /** Types of a node's outputs, from what is known about its operator. */
  readonly infer: (node: Node, graph: Graph) => readonly TensorType[];
}

/** Derivatives are written in this operator set or a newer one: the first in which nothing that they need is missing. */
export const oldestOpset = 17;

/**
 * The graph in which derivatives are written down, beside the network itself. Tensors are named by strings, as in the file; every
 * method adds the nodes it needs and returns the name of the result.
 */
export class Graph {
  readonly precision: Precision;
  readonly directions: number;
  readonly maxima: Maxima;
  readonly nodes: Node[];
  readonly constants: Map<string, Tensor>;
  readonly types: Map<string, TensorType>;
  readonly #infer: GraphStart['infer'];
  readonly #prefix: string;
  readonly #small = new Map<string, string>();
  #count = 0;

  constructor(start: GraphStart) {
    this.precision = start.precision;
    this.directions = start.directions;
    this.maxima = start.maxima;
    this.nodes = [...start.nodes];
    this.constants = new Map(start.constants);
    this.types = new Map(start.types);
    this.#infer = start.infer;
    this.#prefix = freePrefix([...start.types.keys(), ...start.constants.keys(), ...start.nodes.map(({ id }) => id)]);
  }

  /** Adds a node. Its type is inferred, or given where the operator is not one of those with a shape rule. */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type?: TensorType,
  ): string {
    return this.addAll(op, inputs, attributes, type === undefined ? 1 : [type])[0]!;
  }

  /** A node with several outputs. */
  addAll(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number | readonly TensorType[],
  ): readonly string[] {
    const id = this.fresh(op);
    const count = typeof outputs === 'number' ? outputs : outputs.length;
    const names = Array.from({ length: count }, (_, k) => (k === 0 ? id : `${id}:${k}`));
    const node: Node = {
      id,
      op,
      domain: '',
      inputs,
      outputs: names,
      attributes: new Map(Object.entries(attributes)),
      origin: {},
    };
    const types = typeof outputs === 'number' ? this.#infer(node, this) : outputs;
    names.forEach((name, k) => this.types.set(name, types[k]!));
    this.nodes.push(node);
    return names;
  }

  /** The same operator with the same attributes on other inputs: how a linear map acts on a direction. */
  repeat(node: Node, inputs: readonly string[], outputs = 1): readonly string[] {
    return this.addAll(node.op, inputs, Object.fromEntries(node.attributes), outputs);
  }

  fresh(what: string): string {
    return `${this.#prefix}${this.#count++}/${what}`;
  }

  typeOf(name: string): TensorType {
    return this.constants.get(name) ?? this.types.get(name)!;
  }

  shapeOf(name: string): Shape {
    return this.typeOf(name).shape;
  }

  /** The shape of directions at a tensor of this shape. */
  wide(shape: Shape): Shape {
    return this.directions === 1 ? shape : [shape[0]! * this.directions, ...shape.slice(1)];
  }

  constant(shape: Shape, numbers: ArrayLike<number>, type: Precision | 'int64' = this.precision): string {
    const key = numbers.length <= 16 ? `${type}[${shape.join()}]${Array.from(numbers).join()}` : undefined;
    const known = key === undefined ? undefined : this.#small.get(key);
    if (known !== undefined) return known;
    const name = this.fresh('constant');
    this.constants.set(name, tensorOfNumbers(name, shape, numbers, type));
    if (key !== undefined) this.#small.set(key, name);
    return name;
  }

  number(value: number): string {
    return this.constant([], [value]);
  }

  integers(values: readonly number[]): string {
    return this.constant([values.length], values, 'int64');
  }

  /** Zeros that take no room in the file. */
  zeros(shape: Shape): string {
    const value: Attribute = { kind: 'tensor', value: tensorOfNumbers('zero', [1], [0], this.precision) };
    const type = { type: this.precision, shape };
    return this.add('ConstantOfShape', [this.integers(shape)], { value }, type);
  }

  plus(a: string, b: string): string {
    return this.add('Add', [a, b]);
  }

  minus(a: string, b: string): string {
    return this.add('Sub', [a, b]);
  }

  times(a: string, b: string): string {
    return this.add('Mul', [a, b]);
  }

  over(a: string, b: string): string {
    return this.add('Div', [a, b]);
  }

  scaled(a: string, factor: number): string {
    return factor === 1 ? a : this.times(a, this.number(factor));
  }

  /** Sum of those that are there. */
  sum(summands: readonly (string | undefined)[]): string | undefined {
    return summands.reduce((total, own) =>
      total === undefined ? own : own === undefined ? total : this.plus(total, own),
    );
  }

  /** `chosen` where the condition holds, `otherwise` elsewhere. */
  where(condition: string, chosen: string, otherwise: string): string {
    return this.add(
      'Where',
      [condition, chosen, otherwise],
      {},
      {
        type: this.precision,
        shape: broadcast([this.shapeOf(condition), this.shapeOf(chosen), this.shapeOf(otherwise)]),
      },
    );
  }

  /** In the type of the graph: 1 where a condition holds and 0 elsewhere, or whole numbers as they are. */
  asNumber(value: string): string {
    const to = { kind: 'int', value: this.precision === 'float32' ? 1 : 11 } as const;
    return this.add('Cast', [value], { to }, { type: this.precision, shape: this.shapeOf(value) });
  }

  reshape(value: string, shape: Shape): string {
    if (sameShape(this.shapeOf(value), shape)) return value;
    return this.add('Reshape', [value, this.integers(shape)], {}, { type: this.typeOf(value).type, shape });
  }

  transpose(value: string, order: readonly number[]): string {
    return order.every((axis, k) => axis === k)
      ? value
      : this.add('Transpose', [value], { perm: { kind: 'ints', value: order } });
  }

  /** Stretched as numpy does it, where that changes anything. */
  stretch(value: string, shape: Shape): string {
    if (sameShape(this.shapeOf(value), shape)) return value;
    return this.add('Expand', [value, this.integers(shape)], {}, { type: this.typeOf(value).type, shape });
  }

  /** The adjoint of stretching: sums over the copies. */
  shrink(value: string, shape: Shape): string {
    const from = this.shapeOf(value);
    const added = from.length - shape.length;
    const axes = from.flatMap((size, axis) =>
      axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : [],
    );
    return this.reshape(axes.length === 0 ? value : this.sumOver(value, axes), shape);
  }

  /** Summed axes stay, with size 1. */
  sumOver(value: string, axes: readonly number[]): string {
    if (axes.length === 0) return value;
    const shape = this.shapeOf(value).map((size, axis) => (axes.includes(axis) ? 1 : size));
    return this.add(
      'ReduceSum',
      [value, this.integers(axes)],
      { keepdims: { kind: 'int', value: 1 } },
      { type: this.precision, shape },
    );
  }

  meanOver(value: string, axes: readonly number[]): string {
    const count = elementCount(axes.map((axis) => this.shapeOf(value)[axis]!));
    return this.scaled(this.sumOver(value, axes), 1 / count);
  }

  /** From `starts` up to and without `ends`, one pair for each of the axes. */
  slice(value: string, axes: readonly number[], starts: readonly number[], ends: readonly number[]): string {
    return this.add('Slice', [value, this.integers(starts), this.integers(ends), this.integers(axes)]);
  }

  /** Zeros put before and after every axis; negative numbers cut off. */
  pad(value: string, begins: readonly number[], ends: readonly number[]): string {
    if ([...begins, ...ends].every((size) => size === 0)) return value;
    return this.add('Pad', [value, this.integers([...begins, ...ends])]);
  }

  concat(values: readonly string[], axis: number): string {
    return values.length === 1 ? values[0]! : this.add('Concat', values, { axis: { kind: 'int', value: axis } });
  }

  /** A matrix acts along one axis. */
  along(value: string, axis: number, { rows, columns, entries }: Matrix): string {
    const shape = this.shapeOf(value);
    const inner = elementCount(shape.slice(axis + 1));
    const outer = elementCount(shape.slice(0, axis));
    const result = shape.map((size, a) => (a === axis ? rows : size));
    if (inner === 1) {
      const transposed = Float64Array.from(entries, (_, i) => entries[(i % rows) * columns + Math.floor(i / rows)]!);
      const flat = this.reshape(value, [outer, columns]);
      return this.reshape(this.add('MatMul', [flat, this.constant([columns, rows], transposed)]), result);
    }
    const flat = this.reshape(value, [outer, columns, inner]);
    return this.reshape(this.add('MatMul', [this.constant([rows, columns], entries), flat]), result);
  }
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

function broadcast(shapes: readonly Shape[]): Shape {
  const axes = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: axes }, (_, axis) =>
    shapes.reduce(
      (size, shape) => ((shape[axis - axes + shape.length] ?? 1) === 1 ? size : shape[axis - axes + shape.length]!),
      1,
    ),
  );
}

/** A network may itself be a derivative: its names begin with such a prefix already. */
function freePrefix(names: readonly string[]): string {
  for (let order = 1; ; order++) {
    const prefix = `derivative${order}/`;
    if (!names.some((name) => name.startsWith(prefix))) return prefix;
  }
}
