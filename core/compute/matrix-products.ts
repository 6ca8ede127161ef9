import type { Attribute, Network, Node } from '../network/network.ts';
import type { ElementType } from '../network/tensor.ts';
import { writeOnnx } from '../formats/onnx/write.ts';
import type { Engine, NumericArray, Session } from './engine.ts';

/** A row-major matrix, or part of one that is contiguous. */
export interface Block {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

/**
 * Large products of doubles by ONNX Runtime, 15 to 30 times faster than plain loops. Every entry is a sum of its products in some order,
 * fused or not: an error of gamma_terms times the same product of absolute values covers them all. Results are written `into` an
 * array that is there, which saves more time than most of them take (see Scratch), or into a new one.
 */
export interface MatrixProducts {
  /** A B. */
  product(a: Block, b: Block, into?: Float64Array): Promise<Float64Array>;
  /** A B'. */
  timesTransposed(a: Block, b: Block, into?: Float64Array): Promise<Float64Array>;
  /** C += A B. */
  addProduct(c: Float64Array, a: Block, b: Block): Promise<Float64Array>;
  /** C += A' B. */
  addTransposedTimes(c: Float64Array, a: Block, b: Block): Promise<Float64Array>;
  /** C -= A B'. */
  subtractTransposed(c: Float64Array, a: Block, b: Block): Promise<Float64Array>;
  /** W' W x for a convolution W in single precision, for searches: forth and back in one run. */
  singleGram(convolution: SingleConvolution, x: Float32Array, into: Float32Array): Promise<Float32Array>;
  /** W' y. */
  singleAdjoint(convolution: SingleConvolution, y: Float32Array, into: Float32Array): Promise<Float32Array>;
}

/** Images are channel after channel; no margin is negative, and nothing of the padded input is left over. */
export interface SingleConvolution {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly inputSize: readonly number[];
  readonly outputSize: readonly number[];
  /** outputs x inputs x taps. */
  readonly kernel: Float32Array;
  /** inputs x outputs x taps, the last ones first, where stride and margins let the way back be a convolution too: ONNX Runtime then keeps no patches of the whole image. */
  readonly flippedKernel?: Float32Array;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
}

const opened = new WeakMap<Engine, MatrixProducts>();

/** The sessions are the engine's, opened when first needed and closed with it. */
export function matrixProducts(engine: Engine): MatrixProducts {
  const known = opened.get(engine);
  if (known !== undefined) return known;
  const products = new EngineProducts(engine);
  opened.set(engine, products);
  return products;
}

class EngineProducts implements MatrixProducts {
  readonly #engine: Engine;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  product(a: Block, b: Block, into?: Float64Array): Promise<Float64Array> {
    const y = into && doubles({ rows: a.rows, columns: b.columns, entries: into });
    return this.#run('product', { a: doubles(a), b: doubles(b) }, y);
  }

  timesTransposed(a: Block, b: Block, into?: Float64Array): Promise<Float64Array> {
    const y = into && doubles({ rows: a.rows, columns: b.rows, entries: into });
    return this.#run('timesTransposed', { a: doubles(a), b: doubles(b) }, y);
  }

  addProduct(c: Float64Array, a: Block, b: Block): Promise<Float64Array> {
    const sum = doubles({ rows: a.rows, columns: b.columns, entries: c });
    return this.#run('addProduct', { a: doubles(a), b: doubles(b), c: sum }, sum);
  }

  addTransposedTimes(c: Float64Array, a: Block, b: Block): Promise<Float64Array> {
    const sum = doubles({ rows: a.columns, columns: b.columns, entries: c });
    return this.#run('addTransposedTimes', { a: doubles(a), b: doubles(b), c: sum }, sum);
  }

  subtractTransposed(c: Float64Array, a: Block, b: Block): Promise<Float64Array> {
    const rest = doubles({ rows: a.rows, columns: b.rows, entries: c });
    return this.#run('subtractTransposed', { a: doubles(a), b: doubles(b), c: rest }, rest);
  }

  singleGram(convolution: SingleConvolution, x: Float32Array, into: Float32Array): Promise<Float32Array> {
    const { flippedKernel, strides } = convolution;
    const rank = 2 + strides.length;
    const inputs = { a: inputOf(convolution, x), b: kernelOf(convolution) };
    const y = inputOf(convolution, into);
    const forth = convolutionNode('Conv', ['a', 'b'], 'image', convolution);
    if (flippedKernel === undefined)
      return this.#run(`gram ${geometryOf(convolution)}`, inputs, y, () => {
        const back = convolutionNode('ConvTranspose', ['image', 'b'], 'y', convolution);
        return writeOnnx(graphOf('float32', rank, ['a', 'b'], [forth, back]));
      });
    const flipped = flippedOf(convolution, flippedKernel);
    return this.#run(
      `gram of two ${geometryOf(convolution)}, ${geometryOf(flipped)}`,
      { ...inputs, c: kernelOf(flipped) },
      y,
      () => {
        const back = { ...convolutionNode('Conv', ['image', 'c'], 'y', flipped), id: 'back' };
        return writeOnnx(graphOf('float32', rank, ['a', 'b', 'c'], [forth, back]));
      },
    );
  }

  singleAdjoint(convolution: SingleConvolution, y: Float32Array, into: Float32Array): Promise<Float32Array> {
    const { outputChannels, outputSize } = convolution;
    const inputs = {
      a: { type: 'float32', shape: [1, outputChannels, ...outputSize], data: y },
      b: kernelOf(convolution),
    } as const;
    return this.#run(`adjoint ${geometryOf(convolution)}`, inputs, inputOf(convolution, into), () =>
      writeOnnx(
        graphOf(
          'float32',
          2 + convolution.strides.length,
          ['a', 'b'],
          [convolutionNode('ConvTranspose', ['a', 'b'], 'y', convolution)],
        ),
      ),
    );
  }

  async #run<T extends Float32Array | Float64Array>(
    graph: string,
    inputs: Readonly<Record<string, NumericArray>>,
    into?: NumericArray,
    write: () => Uint8Array = graphs[graph as Graph],
  ): Promise<T> {
    let session = this.#sessions.get(graph);
    if (session === undefined) {
      session = this.#engine.open(write(), 'cpu');
      this.#sessions.set(graph, session);
    }
    const { y } = await (await session).run(inputs, into === undefined ? {} : { y: into });
    return y!.data as T;
  }
}

const doubles = ({ rows, columns, entries }: Block): NumericArray => ({
  type: 'float64',
  shape: [rows, columns],
  data: entries,
});

const transposeFirst: Attributes = { transA: { kind: 'int', value: 1 } };
const transposeSecond: Attributes = { transB: { kind: 'int', value: 1 } };

const graphs = {
  product: () => oneNode('MatMul', 'float64', 2, ['a', 'b']),
  timesTransposed: () => oneNode('Gemm', 'float64', 2, ['a', 'b'], transposeSecond),
  addProduct: () => oneNode('Gemm', 'float64', 2, ['a', 'b', 'c']),
  addTransposedTimes: () => oneNode('Gemm', 'float64', 2, ['a', 'b', 'c'], transposeFirst),
  subtractTransposed: () =>
    oneNode('Gemm', 'float64', 2, ['a', 'b', 'c'], { ...transposeSecond, alpha: { kind: 'float', value: -1 } }),
} satisfies Readonly<Record<string, () => Uint8Array>>;

type Graph = keyof typeof graphs;

type Attributes = Readonly<Record<string, Attribute>>;

const inputOf = ({ inputChannels, inputSize }: SingleConvolution, data: Float32Array): NumericArray => ({
  type: 'float32',
  shape: [1, inputChannels, ...inputSize],
  data,
});

const kernelOf = ({ outputChannels, inputChannels, kernelSize, kernel }: SingleConvolution): NumericArray => ({
  type: 'float32',
  shape: [outputChannels, inputChannels, ...kernelSize],
  data: kernel,
});

/** The transpose of a convolution of stride 1, whose margins fill up what the kernel reaches over. */
function flippedOf(convolution: SingleConvolution, kernel: Float32Array): SingleConvolution {
  const { inputChannels, outputChannels, inputSize, outputSize, padsBegin, padsEnd } = convolution;
  const rest = (pads: readonly number[]): readonly number[] =>
    pads.map((pad, axis) => convolution.dilations[axis]! * (convolution.kernelSize[axis]! - 1) - pad);
  return {
    ...convolution,
    inputChannels: outputChannels,
    outputChannels: inputChannels,
    inputSize: outputSize,
    outputSize: inputSize,
    kernel,
    padsBegin: rest(padsBegin),
    padsEnd: rest(padsEnd),
  };
}

/** What a graph depends on; kernels and images come when it runs. */
const geometryOf = ({ strides, dilations, padsBegin, padsEnd }: SingleConvolution): string =>
  [strides, dilations, padsBegin, padsEnd].map((values) => values.join(' ')).join(', ');

function convolutionNode(
  op: 'Conv' | 'ConvTranspose',
  inputs: readonly string[],
  output: string,
  { strides, dilations, padsBegin, padsEnd }: SingleConvolution,
): Node {
  const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
  return nodeOf(op, inputs, output, {
    strides: ints(strides),
    dilations: ints(dilations),
    pads: ints([...padsBegin, ...padsEnd]),
  });
}

const oneNode = (
  op: string,
  type: ElementType,
  rank: number,
  inputs: readonly string[],
  attributes: Attributes = {},
): Uint8Array => writeOnnx(graphOf(type, rank, inputs, [nodeOf(op, inputs, 'y', attributes)]));

const nodeOf = (op: string, inputs: readonly string[], output: string, attributes: Attributes): Node => ({
  id: op,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes: new Map(Object.entries(attributes)),
  origin: {},
});

function graphOf(type: ElementType, rank: number, inputs: readonly string[], nodes: readonly Node[]): Network {
  const shape = new Array<null>(rank).fill(null);
  return {
    format: 'onnx',
    opset: 13,
    nodes,
    inputs: inputs.map((name) => ({ name, type, shape })),
    outputs: [{ name: 'y', type, shape }],
    constants: new Map(),
    types: new Map(),
  };
}
