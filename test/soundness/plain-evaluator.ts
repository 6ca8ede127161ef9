import type { Network, Node } from '../../core/network/network.ts';
import { numbersOf } from '../../core/network/tensor.ts';

/**
 * A network evaluated in doubles by the plainest loops there are, written from the ONNX specification alone: the truth that bounds and
 * witnesses are held against. Only what the tests' networks use; sizes are small.
 */
interface Value {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export function evaluate(network: Network, point: ArrayLike<number>, output = network.outputs[0]!.name): number[] {
  const { name, shape } = network.inputs[0]!;
  const values = new Map<string, Value>();
  for (const [key, value] of constantsOf(network)) values.set(key, value);
  values.set(name, { shape: (shape ?? []).map(Number), data: Array.from(point) });
  for (const node of network.nodes) {
    const inputs = node.inputs.map((input) => values.get(input)!);
    const compute = operators[node.op];
    if (compute === undefined) throw new Error(`The plain evaluator lacks ${node.op}.`);
    compute(inputs, node).forEach((value, index) => values.set(node.outputs[index]!, value));
  }
  return [...values.get(output)!.data];
}

const read = new WeakMap<Network, Map<string, Value>>();

function constantsOf(network: Network): Map<string, Value> {
  let constants = read.get(network);
  if (constants === undefined) {
    constants = new Map();
    for (const [key, tensor] of network.constants)
      constants.set(key, { shape: tensor.shape, data: [...numbersOf(tensor)] });
    read.set(network, constants);
  }
  return constants;
}

type Compute = (inputs: readonly Value[], node: Node) => readonly Value[];

interface AttributeValues {
  readonly int: number;
  readonly float: number;
  readonly ints: readonly number[];
}

function attribute<K extends keyof AttributeValues>(node: Node, name: string, kind: K): AttributeValues[K] | undefined {
  const found = node.attributes.get(name);
  return found?.kind === kind ? (found.value as AttributeValues[K]) : undefined;
}

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const elementwise =
  (f: (x: number, node: Node) => number): Compute =>
  ([x], node) => [{ shape: x!.shape, data: x!.data.map((value) => f(value, node)) }];

/** All positions of a shape, row-major. */
function* positions(shape: readonly number[]): Generator<number[]> {
  for (let i = 0; i < count(shape); i++) {
    let rest = i;
    const position = new Array<number>(shape.length);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    yield position;
  }
}

/** The element at a position of a larger shape, stretched axes standing still. */
function at({ shape, data }: Value, position: readonly number[]): number {
  let index = 0;
  shape.forEach((size, axis) => {
    const place = position[axis + position.length - shape.length]!;
    index = index * size + (size === 1 ? 0 : place);
  });
  return data[index]!;
}

const pairwise =
  (f: (a: number, b: number) => number): Compute =>
  (inputs) => [
    inputs.reduce((a, b) => {
      const axes = Math.max(a.shape.length, b.shape.length);
      const size = (value: Value, axis: number): number => value.shape[axis - axes + value.shape.length] ?? 1;
      const shape = Array.from({ length: axes }, (_, axis) => Math.max(size(a, axis), size(b, axis)));
      return { shape, data: [...positions(shape)].map((position) => f(at(a, position), at(b, position))) };
    }),
  ];

/** erf by Kummer's series, of 150 terms that all have one sign: enough up to 6, beyond which erf is 1. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let series = 1;
  for (let n = 150; n > 0; n--) series = 1 + (series * x * x) / (n + 0.5);
  return (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x) * series;
}

const gemm: Compute = ([a, b, c], node) => {
  const flipped = attribute(node, 'transB', 'int') === 1;
  const [rows, inner] = a!.shape as [number, number];
  const columns = flipped ? b!.shape[0]! : b!.shape[1]!;
  const data: number[] = [];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = c === undefined ? 0 : at(c, [i, j]);
      for (let k = 0; k < inner; k++)
        sum += a!.data[i * inner + k]! * (flipped ? b!.data[j * inner + k]! : b!.data[k * columns + j]!);
      data.push(sum);
    }
  return [{ shape: [rows, columns], data }];
};

/** Every window of an image, with the in-bounds entries under each tap. */
function* windows(
  x: Value,
  kernel: readonly number[],
  node: Node,
): Generator<{ readonly place: number[]; readonly under: { tap: number[]; from: number[] }[] }> {
  const size = x.shape.slice(2);
  const strides = attribute(node, 'strides', 'ints') ?? kernel.map(() => 1);
  const pads = attribute(node, 'pads', 'ints') ?? [...kernel, ...kernel].map(() => 0);
  const output = size.map((n, a) => Math.floor((n + pads[a]! + pads[a + size.length]! - kernel[a]!) / strides[a]!) + 1);
  for (const place of positions(output)) {
    const under: { tap: number[]; from: number[] }[] = [];
    for (const tap of positions(kernel)) {
      const from = tap.map((t, a) => place[a]! * strides[a]! + t - pads[a]!);
      if (from.every((f, a) => f >= 0 && f < size[a]!)) under.push({ tap, from });
    }
    yield { place, under };
  }
}

const pixel = (x: Value, n: number, c: number, from: readonly number[]): number => at(x, [n, c, ...from]);

const conv: Compute = ([x, w, b], node) => {
  const kernel = w!.shape.slice(2);
  const groups = attribute(node, 'group', 'int') ?? 1;
  const perGroup = w!.shape[0]! / groups;
  const all = [...windows(x!, kernel, node)];
  const size = all.at(-1)!.place.map((last) => last + 1);
  const data: number[] = [];
  for (let n = 0; n < x!.shape[0]!; n++)
    for (let o = 0; o < w!.shape[0]!; o++)
      for (const { under } of all) {
        let sum = b === undefined ? 0 : b.data[o]!;
        for (const { tap, from } of under)
          for (let c = 0; c < w!.shape[1]!; c++)
            sum += at(w!, [o, c, ...tap]) * pixel(x!, n, Math.floor(o / perGroup) * w!.shape[1]! + c, from);
        data.push(sum);
      }
  return [{ shape: [x!.shape[0]!, w!.shape[0]!, ...size], data }];
};

const pool =
  (f: (numbers: readonly number[]) => number): Compute =>
  ([x], node) => {
    const all = [...windows(x!, attribute(node, 'kernel_shape', 'ints')!, node)];
    const size = all.at(-1)!.place.map((last) => last + 1);
    const data: number[] = [];
    for (let n = 0; n < x!.shape[0]!; n++)
      for (let c = 0; c < x!.shape[1]!; c++)
        for (const { under } of all) data.push(f(under.map(({ from }) => pixel(x!, n, c, from))));
    return [{ shape: [...x!.shape.slice(0, 2), ...size], data }];
  };

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

const batchNormalization: Compute = ([x, scale, bias, average, variance], node) => {
  const epsilon = attribute(node, 'epsilon', 'float') ?? Math.fround(1e-5);
  const plane = count(x!.shape.slice(2));
  const data = x!.data.map((value, i) => {
    const c = Math.floor(i / plane) % x!.shape[1]!;
    return (scale!.data[c]! * (value - average!.data[c]!)) / Math.sqrt(variance!.data[c]! + epsilon) + bias!.data[c]!;
  });
  return [{ shape: x!.shape, data }];
};

/** Rows of the last axis. */
const alongRows =
  (f: (row: readonly number[]) => readonly number[]): Compute =>
  ([x]) => {
    const width = x!.shape.at(-1)!;
    const rows = Array.from({ length: x!.data.length / width }, (_, r) => x!.data.slice(r * width, (r + 1) * width));
    return [{ shape: x!.shape, data: rows.flatMap((row) => [...f(row)]) }];
  };

const softmax = alongRows((row) => {
  const most = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - most));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
});

const concat: Compute = (inputs, node) => {
  const axis = attribute(node, 'axis', 'int')!;
  const [first] = inputs;
  const shape = first!.shape.map((size, a) =>
    a === axis ? inputs.reduce((sum, input) => sum + input.shape[a]!, 0) : size,
  );
  const data = [...positions(shape)].map((position) => {
    let place = position[axis]!;
    for (const input of inputs) {
      if (place < input.shape[axis]!)
        return at(
          input,
          position.map((p, a) => (a === axis ? place : p)),
        );
      place -= input.shape[axis]!;
    }
    throw new Error('outside');
  });
  return [{ shape, data }];
};

const split: Compute = ([x], node) => {
  const axis = attribute(node, 'axis', 'int')!;
  const size = x!.shape[axis]! / node.outputs.length;
  return node.outputs.map((_, part) => {
    const shape = x!.shape.map((own, a) => (a === axis ? size : own));
    return {
      shape,
      data: [...positions(shape)].map((p) =>
        at(
          x!,
          p.map((q, a) => (a === axis ? q + part * size : q)),
        ),
      ),
    };
  });
};

const operators: Readonly<Record<string, Compute>> = {
  Gemm: gemm,
  MatMul: gemm,
  Conv: conv,
  BatchNormalization: batchNormalization,
  MaxPool: pool((numbers) => Math.max(...numbers)),
  AveragePool: pool(mean),
  GlobalAveragePool: ([x]) => {
    const plane = count(x!.shape.slice(2));
    const shape = x!.shape.map((size, axis) => (axis < 2 ? size : 1));
    return [
      { shape, data: Array.from({ length: count(shape) }, (_, i) => mean(x!.data.slice(i * plane, (i + 1) * plane))) },
    ];
  },
  /** Over the last axis, which stays. */
  ReduceMean: ([x]) => {
    const size = x!.shape.at(-1)!;
    const rows = Array.from({ length: x!.data.length / size }, (_, r) => x!.data.slice(r * size, (r + 1) * size));
    return [{ shape: [...x!.shape.slice(0, -1), 1], data: rows.map(mean) }];
  },
  LayerNormalization: (inputs, node) => {
    const epsilon = attribute(node, 'epsilon', 'float') ?? Math.fround(1e-5);
    return alongRows((row) => {
      const average = mean(row);
      const spread = Math.sqrt(mean(row.map((value) => (value - average) ** 2)) + epsilon);
      return row.map((value, i) => ((value - average) / spread) * inputs[1]!.data[i]!);
    })(inputs, node);
  },
  Softmax: softmax,
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: pairwise((a, b) => a / b),
  Max: pairwise(Math.max),
  Min: pairwise(Math.min),
  Concat: concat,
  Split: split,
  Flatten: ([x]) => [{ shape: [x!.shape[0]!, count(x!.shape.slice(1))], data: x!.data }],
  Transpose: ([x]) => {
    const shape = [...x!.shape].reverse();
    return [{ shape, data: [...positions(shape)].map((position) => at(x!, [...position].reverse())) }];
  },
  Relu: elementwise((x) => Math.max(0, x)),
  LeakyRelu: elementwise((x, node) => (x < 0 ? x * (attribute(node, 'alpha', 'float') ?? Math.fround(0.01)) : x)),
  Clip: ([x, low, high]) => [
    {
      shape: x!.shape,
      data: x!.data.map((value) => Math.min(high?.data[0] ?? Infinity, Math.max(low?.data[0] ?? -Infinity, value))),
    },
  ],
  Abs: elementwise(Math.abs),
  Tanh: elementwise(Math.tanh),
  Sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
  Softplus: elementwise((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Elu: elementwise((x) => (x > 0 ? x : Math.exp(x) - 1)),
  HardSwish: elementwise((x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  Erf: elementwise(erf),
  Swish: elementwise((x) => x / (1 + Math.exp(-x))),
  Mish: elementwise((x) => x * Math.tanh(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))))),
  Gelu: elementwise((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
  Neg: elementwise((x) => -x),
};
