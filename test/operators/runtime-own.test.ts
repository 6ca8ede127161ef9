import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { openReference, pointOf } from './against-runtime.ts';
import { networkOf, weights, type ConstantSketch, type NodeSketch } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

interface Case {
  readonly input: readonly number[];
  readonly nodes: readonly NodeSketch[];
  readonly constants?: Readonly<Record<string, ConstantSketch>>;
}

const own = (op: string, inputs: string[], attributes: NodeSketch['attributes'] = {}, outputs = ['y']): NodeSketch => ({
  op,
  inputs,
  outputs,
  attributes,
  domain: 'com.microsoft',
});
const float = (value: number) => ({ float: value });
const scalar = (value: number): ConstantSketch => ({ shape: [], values: [value] });

/** Around an operator on quantised tensors: the input rounded to steps of 1/50, and the result taken back. */
const rounding = (node: NodeSketch): NodeSketch[] => [
  { op: 'Cast', inputs: ['middle'], outputs: ['zero'], attributes: { to: 2 } },
  { op: 'QuantizeLinear', inputs: ['x', 'fine', 'zero'], outputs: ['q'] },
  node,
  { op: 'DequantizeLinear', inputs: ['y', 'coarse', 'zero'], outputs: ['real'] },
];
const scales = { fine: scalar(0.02), coarse: scalar(0.05), middle: scalar(128) };

const cases: Readonly<Record<string, Case>> = {
  FusedMatMul: {
    input: [2, 4, 3],
    nodes: [own('FusedMatMul', ['x', 'w'], { alpha: float(0.3), transA: 1, transB: 1 })],
    constants: { w: weights([5, 4], 3) },
  },
  Gelu: { input: [2, 3], nodes: [own('Gelu', ['x'])] },
  BiasGelu: { input: [2, 3], nodes: [own('BiasGelu', ['x', 'b'])], constants: { b: weights([3], 4) } },
  FastGelu: { input: [2, 3], nodes: [own('FastGelu', ['x', 'b'])], constants: { b: weights([3], 4) } },
  QuickGelu: { input: [2, 3], nodes: [own('QuickGelu', ['x'], { alpha: float(1.702) })] },
  SkipLayerNormalization: {
    input: [1, 2, 4],
    nodes: [own('SkipLayerNormalization', ['x', 's', 'w', 'b', 'c'], { epsilon: float(1e-4) })],
    constants: { s: weights([1, 2, 4], 1), w: weights([4], 2), b: weights([4], 3), c: weights([4], 4) },
  },
  SkipSimplifiedLayerNormalization: {
    input: [1, 2, 4],
    nodes: [own('SkipSimplifiedLayerNormalization', ['x', 's', 'w'], { epsilon: float(1e-4) })],
    constants: { s: weights([1, 2, 4], 1), w: weights([4], 2) },
  },
  SimplifiedLayerNormalization: {
    input: [1, 2, 4],
    nodes: [{ op: 'SimplifiedLayerNormalization', inputs: ['x', 'w'], outputs: ['y'], attributes: { axis: -1 } }],
    constants: { w: weights([4], 2) },
  },
  FusedConv: {
    input: [1, 2, 4, 4],
    nodes: [
      own('FusedConv', ['x', 'w', 'b'], {
        kernel_shape: [3, 3],
        activation: 'LeakyRelu',
        activation_params: { floats: [0.1] },
      }),
    ],
    constants: { w: weights([3, 2, 3, 3], 5), b: weights([3], 6) },
  },
  FusedGemm: {
    input: [2, 4],
    nodes: [own('FusedGemm', ['x', 'w', 'b'], { transB: 1, activation: 'Relu' })],
    constants: { w: weights([3, 4], 5), b: weights([3], 6) },
  },
  Attention: {
    input: [1, 3, 4],
    nodes: [own('Attention', ['x', 'w', 'b'], { num_heads: 2, unidirectional: 1 })],
    constants: { w: weights([4, 12], 7), b: weights([12], 8) },
  },
  MultiHeadAttention: {
    input: [1, 3, 4],
    nodes: [own('MultiHeadAttention', ['x', 'x', 'x', 'b'], { num_heads: 2 })],
    constants: { b: weights([12], 8) },
  },
  QLinearAdd: {
    input: [2, 3],
    nodes: rounding(own('QLinearAdd', ['q', 'fine', 'zero', 'q', 'fine', 'zero', 'coarse', 'zero'])),
    constants: scales,
  },
  QLinearMul: {
    input: [2, 3],
    nodes: rounding(own('QLinearMul', ['q', 'fine', 'zero', 'q', 'fine', 'zero', 'coarse', 'zero'])),
    constants: scales,
  },
  QLinearGlobalAveragePool: {
    input: [1, 2, 3, 3],
    nodes: rounding(own('QLinearGlobalAveragePool', ['q', 'fine', 'zero', 'coarse', 'zero'])),
    constants: scales,
  },
  QLinearConcat: {
    input: [2, 3],
    nodes: rounding(own('QLinearConcat', ['coarse', 'zero', 'q', 'fine', 'zero', 'q', 'fine', 'zero'], { axis: 1 })),
    constants: scales,
  },
};

describe('Operators of ONNX Runtime itself are written out as what it computes', () => {
  it.each(Object.entries(cases))('%s', async (_, { input, nodes, constants = {} }) => {
    const network = networkOf({ input, nodes, constants, opset: 17 });
    const { runnable } = await prepare(network, { dims: {}, held: new Map() }, engine);
    expect(runnable.nodes.filter(({ domain }) => domain !== '')).toEqual([]);
    await using truth = await openReference({ ...network, types: new Map([['x', network.types.get('x')!]]) }, engine);
    await using written = await openReference(runnable, engine);
    for (let seed = 1; seed <= 3; seed++) {
      const point = pointOf(
        input.reduce((a, b) => a * b, 1),
        seed,
      );
      const [expected, values] = [await truth.evaluate(point), await written.evaluate(point)];
      // Where a result is rounded, half a step either way depends on the last digit.
      const step = nodes.length === 1 ? 2e-5 : 0.0501;
      expect(values.length).toBe(expected.length);
      values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(step));
    }
  });

  it.each([
    ['MatMulNBits', [own('MatMulNBits', ['x', 'w', 's'], { K: 32, N: 3, bits: 4, block_size: 16 })], [3, 2, 8], 32],
    [
      'MatMulNBits with zero points',
      [own('MatMulNBits', ['x', 'w', 's', 'z'], { K: 32, N: 3, bits: 4, block_size: 16 })],
      [3, 2, 8],
      32,
    ],
    ['DynamicQuantizeMatMul', [own('DynamicQuantizeMatMul', ['x', 'w', 'one', 'middle', 'b'])], [4, 3], 4],
  ] as const)('%s', async (_, nodes, shape, width) => {
    const sketch = networkOf({
      input: [2, width],
      nodes,
      opset: 17,
      constants: { s: weights([6], 9, 0.1), b: weights([3], 6), one: scalar(0.01) },
    });
    const bytes = (name: string, of: readonly number[], from: number) => {
      const count = of.reduce((a, b) => a * b, 1);
      const data = Uint8Array.from({ length: count }, (_unused, i) => (from + 37 * i) % 256);
      return [name, { name, type: 'uint8', shape: of, bytes: () => data }] as const;
    };
    const constants = new Map([
      ...sketch.constants,
      bytes('w', shape, 5),
      bytes('z', [3], 50),
      bytes('middle', [], 120),
    ]);
    const network = { ...sketch, constants };
    const { runnable } = await prepare(network, { dims: {}, held: new Map() }, engine);
    expect(runnable.nodes.filter(({ domain }) => domain !== '')).toEqual([]);
    await using truth = await openReference(network, engine);
    await using written = await openReference(runnable, engine);
    const point = pointOf(2 * width, 1);
    const [expected, values] = [await truth.evaluate(point), await written.evaluate(point)];
    values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-4));
  });
});
