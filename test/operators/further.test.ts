import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime, type Expectations } from './against-runtime.ts';
import {
  ints,
  networkOf,
  weights,
  type ConstantSketch,
  type NetworkSketch,
  type NodeSketch,
} from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const float = (value: number) => ({ float: value });
const truth = (values: readonly number[]): ConstantSketch => ({ shape: [values.length], values, type: 'int64' });

const one = (
  input: readonly number[],
  node: NodeSketch,
  constants: Readonly<Record<string, ConstantSketch>> = {},
  opset = 21,
): NetworkSketch => ({ opset, input, nodes: [node], constants });

interface Case {
  readonly name: string;
  readonly sketch: NetworkSketch;
  readonly expected?: Expectations;
}

const unbounded: Expectations = { unboundedEverywhere: true };

const cases: readonly Case[] = [
  {
    name: 'GatherElements',
    sketch: one(
      [2, 3],
      { op: 'GatherElements', inputs: ['x', 'i'], attributes: { axis: 1 } },
      { i: { shape: [2, 2], values: [0, -1, 2, 2], type: 'int64' } },
    ),
  },
  {
    name: 'GatherND',
    sketch: one(
      [2, 3, 2],
      { op: 'GatherND', inputs: ['x', 'i'], attributes: { batch_dims: 1 } },
      { i: { shape: [2, 1], values: [1, 2], type: 'int64' } },
    ),
  },
  {
    name: 'Trilu',
    sketch: one(
      [2, 3, 4],
      { op: 'Trilu', inputs: ['x', 'k'], attributes: { upper: 0 } },
      { k: { shape: [], values: [1], type: 'int64' } },
    ),
  },
  {
    name: 'ReverseSequence',
    sketch: one([4, 3], { op: 'ReverseSequence', inputs: ['x', 'n'] }, { n: truth([4, 2, 1]) }),
  },
  {
    name: 'CumSum',
    sketch: one(
      [2, 4],
      { op: 'CumSum', inputs: ['x', 'a'], attributes: { exclusive: 1, reverse: 1 } },
      { a: { shape: [], values: [1], type: 'int64' } },
    ),
  },
  {
    name: 'TopK',
    sketch: one(
      [2, 5],
      { op: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'at'], attributes: { largest: 0 } },
      { k: ints([3]) },
    ),
  },
  {
    name: 'ScatterElements',
    sketch: one(
      [3, 3],
      { op: 'ScatterElements', inputs: ['x', 'i', 'x'], attributes: { axis: 0, reduction: 'add' } },
      { i: { shape: [3, 3], values: [0, 1, 2, 0, 0, 2, 1, 1, 1], type: 'int64' } },
    ),
  },
  {
    name: 'ScatterElements max',
    sketch: one(
      [3, 3],
      { op: 'ScatterElements', inputs: ['x', 'i', 'x'], attributes: { reduction: 'max' } },
      { i: { shape: [3, 3], values: [0, 1, 2, 0, 0, 2, 1, 1, 1], type: 'int64' } },
    ),
  },
  {
    name: 'ScatterND',
    sketch: one(
      [4, 2],
      { op: 'ScatterND', inputs: ['x', 'i', 'u'] },
      { i: { shape: [2, 1], values: [0, 3], type: 'int64' }, u: weights([2, 2]) },
    ),
  },
  { name: 'ReduceL1', sketch: one([2, 3, 2], { op: 'ReduceL1', inputs: ['x', 'a'] }, { a: ints([0, 2]) }) },
  {
    name: 'ReduceL2',
    sketch: one([2, 3, 2], { op: 'ReduceL2', inputs: ['x', 'a'], attributes: { keepdims: 0 } }, { a: ints([1]) }),
  },
  {
    name: 'ReduceSumSquare',
    sketch: one([2, 3], { op: 'ReduceSumSquare', inputs: ['x', 'a'] }, { a: ints([1]) }),
    expected: unbounded,
  },
  {
    name: 'ReduceProd',
    sketch: one([2, 3], { op: 'ReduceProd', inputs: ['x', 'a'] }, { a: ints([1]) }),
    expected: unbounded,
  },
  {
    name: 'ReduceLogSum',
    sketch: one([2, 3], { op: 'ReduceLogSum', inputs: ['x', 'a'] }, { a: ints([1]) }),
    expected: { ...unbounded, interval: [0.2, 2] },
  },
  {
    name: 'LpPool',
    sketch: one([1, 2, 5, 5], {
      op: 'LpPool',
      inputs: ['x'],
      attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 0] },
    }),
  },
  {
    name: 'LpPool with p = 1',
    sketch: one([1, 1, 6], { op: 'LpPool', inputs: ['x'], attributes: { kernel_shape: [3], p: 1 } }),
  },
  { name: 'GlobalLpPool', sketch: one([1, 2, 2, 3], { op: 'GlobalLpPool', inputs: ['x'] }) },
  {
    name: 'LpNormalization',
    sketch: one([2, 3], { op: 'LpNormalization', inputs: ['x'] }),
    expected: { ...unbounded, interval: [0.5, 2] },
  },
  {
    name: 'LpNormalization with p = 1',
    sketch: one([2, 3], { op: 'LpNormalization', inputs: ['x'], attributes: { p: 1, axis: 0 } }),
    expected: { ...unbounded, interval: [0.5, 2] },
  },
  {
    name: 'InstanceNormalization',
    sketch: one(
      [1, 2, 3, 2],
      { op: 'InstanceNormalization', inputs: ['x', 's', 'b'] },
      { s: weights([2], 3), b: weights([2], 4) },
    ),
  },
  {
    name: 'GroupNormalization',
    sketch: one(
      [1, 4, 3],
      { op: 'GroupNormalization', inputs: ['x', 's', 'b'], attributes: { num_groups: 2 } },
      { s: weights([4], 3), b: weights([4], 4) },
    ),
  },
  {
    name: 'LRN',
    sketch: one([1, 5, 2, 1], {
      op: 'LRN',
      inputs: ['x'],
      attributes: { size: 3, alpha: float(0.9), beta: float(0.75), bias: float(0.7) },
    }),
  },
  {
    name: 'Einsum of two',
    sketch: one(
      [2, 3, 4],
      { op: 'Einsum', inputs: ['x', 'w'], attributes: { equation: 'bij,bjk->bki' } },
      { w: weights([2, 4, 2]) },
    ),
  },
  {
    name: 'Einsum of one',
    sketch: one([3, 3, 2], { op: 'Einsum', inputs: ['x'], attributes: { equation: 'iij->ji' } }),
  },
  {
    name: 'Einsum of the input with itself',
    sketch: one([2, 3], { op: 'Einsum', inputs: ['x', 'x'], attributes: { equation: 'ij,kj' } }),
    expected: unbounded,
  },
  {
    name: 'a stack of matrices on the right',
    sketch: one([2, 3, 4], { op: 'MatMul', inputs: ['x', 'w'] }, { w: weights([2, 4, 2]) }),
  },
  {
    name: 'a stack of matrices on the left, over one of data',
    sketch: one([4, 2], { op: 'MatMul', inputs: ['w', 'x'] }, { w: weights([3, 2, 4]) }),
  },
  {
    name: 'Gemm with its data across',
    sketch: one([3, 2], { op: 'Gemm', inputs: ['x', 'w'], attributes: { transA: 1 } }, { w: weights([3, 4]) }),
  },
  {
    name: 'Pow with an exponent per entry',
    sketch: one([3], { op: 'Pow', inputs: ['x', 'p'] }, { p: { shape: [3], values: [1, 2, 3] } }),
    expected: unbounded,
  },
  {
    name: 'Pow of a constant',
    sketch: one([3], { op: 'Pow', inputs: ['b', 'x'] }, { b: { shape: [1], values: [1.5] } }),
    expected: unbounded,
  },
  {
    name: 'soft Shrink',
    sketch: one([2, 5], { op: 'Shrink', inputs: ['x'], attributes: { lambd: float(0.7), bias: float(0.7) } }),
  },
  { name: 'Atan', sketch: one([7], { op: 'Atan', inputs: ['x'] }) },
  { name: 'Asinh', sketch: one([7], { op: 'Asinh', inputs: ['x'] }) },
  { name: 'Tan', sketch: one([7], { op: 'Tan', inputs: ['x'] }), expected: { ...unbounded, interval: [-1, 1] } },
  { name: 'Asin', sketch: one([7], { op: 'Asin', inputs: ['x'] }), expected: { ...unbounded, interval: [-0.9, 0.9] } },
  { name: 'Acosh', sketch: one([7], { op: 'Acosh', inputs: ['x'] }), expected: { ...unbounded, interval: [1.2, 3] } },
  { name: 'Sinh', sketch: one([7], { op: 'Sinh', inputs: ['x'] }), expected: unbounded },
  { name: 'Cosh', sketch: one([7], { op: 'Cosh', inputs: ['x'] }), expected: unbounded },
  {
    name: 'Atanh',
    sketch: one([7], { op: 'Atanh', inputs: ['x'] }),
    expected: { ...unbounded, interval: [-0.9, 0.9] },
  },
];

describe('Further operators, as ONNX Runtime computes them', () => {
  it.each(cases)('$name', async ({ sketch, expected }) => {
    await checkAgainstRuntime(networkOf(sketch), engine, { width: 1e-7, ...expected });
  });

  it('RMSNormalization of any width and axis stays below its constant, on the whole space and on boxes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          size: fc.integer({ min: 1, max: 5 }),
          axis: fc.constantFrom(-1, -2),
          seed: fc.integer({ min: 1, max: 99 }),
        }),
        async ({ size, axis, seed }) => {
          await checkAgainstRuntime(
            networkOf(
              one(
                [2, 2, size],
                { op: 'RMSNormalization', inputs: ['x', 'w'], attributes: { axis, epsilon: float(1e-2) } },
                { w: weights([size], seed) },
                23,
              ),
            ),
            engine,
            { width: 1e-7 },
          );
        },
      ),
      { numRuns: 8, seed: 3 },
    );
  });

  it('Where by a constant takes each entry from one side', async () => {
    const sketch = one([2, 3], { op: 'Where', inputs: ['c', 'x', 'x'] }, {});
    const network = networkOf(sketch);
    const condition = { name: 'c', type: 'bool' as const, shape: [2, 3], bytes: () => Uint8Array.of(1, 0, 1, 1, 0, 0) };
    await checkAgainstRuntime({ ...network, constants: new Map([['c', condition]]) }, engine);
  });

  it.each([
    { op: 'Shrink', attributes: { lambd: float(0.5), bias: float(0) } },
    { op: 'ThresholdedRelu', attributes: { alpha: float(1) } },
    { op: 'Hardmax', attributes: {} },
  ])('$op jumps, which is said', async ({ op, attributes }) => {
    const { analysed } = await prepare(
      networkOf(one([3], { op, inputs: ['x'], attributes })),
      { dims: {}, held: new Map() },
      engine,
    );
    expect(ruleOf(analysed, analysed.nodes[0]!)).toMatchObject({
      kind: 'unbounded',
      reason: expect.stringContaining('jumps') as string,
    });
  });
});
