import type { Attribute, Network, Node } from '../../core/network/network.ts';
import type { Shape, Tensor } from '../../core/network/tensor.ts';
import { tensorOfNumbers } from '../../core/network/tensor.ts';

export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

export interface NodeSketch {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly id?: string;
  readonly domain?: string;
}

export interface ConstantSketch {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
  readonly type?: 'float32' | 'float64' | 'int64';
}

export interface NetworkSketch {
  readonly opset?: number;
  /** Shape of the only input, "x". */
  readonly input: Shape;
  readonly type?: 'float32' | 'float64';
  readonly nodes: readonly NodeSketch[];
  readonly constants?: Readonly<Record<string, ConstantSketch>>;
  /** The last node's first output when not said. */
  readonly output?: string;
}

/** A node in one line: the names of its inputs are separated by commas. */
export const node = (
  op: string,
  inputs: string,
  output: string,
  attributes: NodeSketch['attributes'] = {},
): NodeSketch => ({ op, inputs: inputs.split(', '), outputs: [output], attributes });

/** A network in memory as a reader would make it. Nodes without outputs produce "y0", "y1", ... by their place. */
export function networkOf(sketch: NetworkSketch): Network {
  const nodes = sketch.nodes.map((node, at) => nodeOf(node, at));
  const constants = new Map(
    Object.entries(sketch.constants ?? {}).map(([name, constant]) => [name, constantOf(name, constant)]),
  );
  const type = sketch.type ?? 'float32';
  const output = sketch.output ?? nodes.at(-1)!.outputs[0]!;
  return {
    format: 'onnx',
    opset: sketch.opset ?? 21,
    nodes,
    inputs: [{ name: 'x', type, shape: sketch.input }],
    outputs: [{ name: output, type, shape: null }],
    constants,
    types: new Map([['x', { type, shape: sketch.input }]]),
  };
}

export const constantOf = (name: string, { shape, values, type }: ConstantSketch): Tensor =>
  tensorOfNumbers(name, shape, values, type ?? 'float32');

function nodeOf({ op, inputs, outputs, attributes, id, domain }: NodeSketch, at: number): Node {
  return {
    id: id ?? `${op}_${at}`,
    op,
    domain: domain ?? '',
    inputs,
    outputs: outputs ?? [`y${at}`],
    attributes: new Map(Object.entries(attributes ?? {}).map(([name, value]) => [name, attributeOf(value)])),
    origin: {},
  };
}

/** A whole number is an int attribute; `{ float }` says otherwise. Floats are rounded as the file stores them. */
function attributeOf(value: AttributeValue): Attribute {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'number') return { kind: 'int', value };
  if ('float' in value) return { kind: 'float', value: Math.fround(value.float) };
  if ('floats' in value) return { kind: 'floats', value: value.floats.map(Math.fround) };
  return value.every((entry) => typeof entry === 'number')
    ? { kind: 'ints', value: value }
    : { kind: 'strings', value: value };
}

export const ints = (values: readonly number[]): ConstantSketch => ({ shape: [values.length], values, type: 'int64' });

/** Float32 numbers of a seeded sequence, roughly uniform in [-1, 1]. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
}

export const weights = (shape: Shape, seed = 1, scale = 1): ConstantSketch => ({
  shape,
  values: numbers(
    shape.reduce((count, size) => count * size, 1),
    seed,
  ).map((value) => scale * value),
});

/** Two data tensors "a" and "b" cut from one input, so that operators of two tensors can be asked about in one-input networks. */
export function pairOf(
  a: Shape,
  b: Shape,
): {
  readonly input: Shape;
  readonly nodes: readonly NodeSketch[];
  readonly constants: Readonly<Record<string, ConstantSketch>>;
} {
  const count = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
  return {
    input: [1, count(a) + count(b)],
    nodes: [
      { op: 'Split', inputs: ['x', 'parts'], outputs: ['a flat', 'b flat'], attributes: { axis: 1 } },
      { op: 'Reshape', inputs: ['a flat', 'a shape'], outputs: ['a'] },
      { op: 'Reshape', inputs: ['b flat', 'b shape'], outputs: ['b'] },
    ],
    constants: { parts: ints([count(a), count(b)]), 'a shape': ints(a), 'b shape': ints(b) },
  };
}
