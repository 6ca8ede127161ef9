import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { openReference, pointOf } from './against-runtime.ts';
import { ints, networkOf, weights, type ConstantSketch, type NodeSketch } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

type Case = readonly [
  name: string,
  opset: number,
  input: readonly number[],
  nodes: readonly NodeSketch[],
  constants?: Readonly<Record<string, ConstantSketch>>,
];

const f = (value: number) => ({ float: value });
const fs = (values: readonly number[]) => ({ floats: values });
const c4 = [1, 2, 4, 4];

const cases: readonly Case[] = [
  ['Upsample7', 7, c4, [{ op: 'Upsample', inputs: ['x'], attributes: { mode: 'nearest', scales: fs([1, 1, 2, 2]) } }]],
  [
    'Upsample9lin',
    9,
    c4,
    [{ op: 'Upsample', inputs: ['x', 's'], attributes: { mode: 'linear' } }],
    { s: { shape: [4], values: [1, 1, 2, 2] } },
  ],
  [
    'Resize10',
    10,
    c4,
    [{ op: 'Resize', inputs: ['x', 's'], attributes: { mode: 'linear' } }],
    { s: { shape: [4], values: [1, 1, 1.5, 1.5] } },
  ],
  [
    'Resize10down',
    10,
    c4,
    [{ op: 'Resize', inputs: ['x', 's'], attributes: { mode: 'nearest' } }],
    { s: { shape: [4], values: [1, 1, 0.5, 0.5] } },
  ],
  [
    'BN7',
    7,
    c4,
    [{ op: 'BatchNormalization', inputs: ['x', 'a', 'b', 'm', 'v'], attributes: { spatial: 1, momentum: f(0.9) } }],
    { a: weights([2], 1), b: weights([2], 2), m: weights([2], 3), v: { shape: [2], values: [1, 2] } },
  ],
  ['Dropout7', 7, c4, [{ op: 'Dropout', inputs: ['x'], attributes: { ratio: f(0.5) } }]],
  ['Dropout10', 10, c4, [{ op: 'Dropout', inputs: ['x'], attributes: { ratio: f(0.5) } }]],
  ['Squeeze7', 7, [1, 1, 4], [{ op: 'Squeeze', inputs: ['x'], attributes: { axes: [0] } }]],
  [
    'Squeeze11neg',
    11,
    [1, 1, 4],
    [
      { op: 'Squeeze', inputs: ['x'], attributes: { axes: [-2] } },
      { op: 'Unsqueeze', inputs: ['y0'], attributes: { axes: [0] } },
    ],
  ],
  ['Clip6', 7, c4, [{ op: 'Clip', inputs: ['x'], attributes: { min: f(-0.2), max: f(0.4) } }]],
  ['Clip6min', 9, c4, [{ op: 'Clip', inputs: ['x'], attributes: { min: f(-0.2) } }]],
  ['Pad2', 7, c4, [{ op: 'Pad', inputs: ['x'], attributes: { pads: [0, 0, 1, 1, 0, 0, 2, 0], value: f(0.5) } }]],
  ['Pad2refl', 10, c4, [{ op: 'Pad', inputs: ['x'], attributes: { mode: 'reflect', pads: [0, 0, 1, 1, 0, 0, 2, 0] } }]],
  ['Slice1', 7, c4, [{ op: 'Slice', inputs: ['x'], attributes: { starts: [0, 1], ends: [9, -1], axes: [1, 3] } }]],
  ['Softmax7', 7, c4, [{ op: 'Softmax', inputs: ['x'], attributes: { axis: 1 } }]],
  ['Softmax11def', 11, [2, 3, 4], [{ op: 'Softmax', inputs: ['x'] }]],
  ['LogSoftmax12ax2', 12, [2, 3, 4], [{ op: 'LogSoftmax', inputs: ['x'], attributes: { axis: 2 } }]],
  ['Hardmax11', 11, [2, 3], [{ op: 'Hardmax', inputs: ['x'] }]],
  [
    'Split7',
    7,
    [4, 4],
    [
      { op: 'Split', inputs: ['x'], outputs: ['p', 'q'], attributes: { axis: 1, split: [1, 3] } },
      { op: 'Relu', inputs: ['q'] },
    ],
  ],
  [
    'Split2eq',
    11,
    [4, 4],
    [
      { op: 'Split', inputs: ['x'], outputs: ['p', 'q'], attributes: { axis: 0 } },
      { op: 'Add', inputs: ['p', 'q'] },
    ],
  ],
  ['ReduceSum11', 11, [2, 3, 4], [{ op: 'ReduceSum', inputs: ['x'], attributes: { axes: [1, -1], keepdims: 0 } }]],
  ['ReduceMean7all', 7, [2, 3, 4], [{ op: 'ReduceMean', inputs: ['x'], attributes: { keepdims: 0 } }]],
  [
    'ReduceMean18',
    18,
    [2, 3, 4],
    [{ op: 'ReduceMean', inputs: ['x', 'ax'], attributes: { keepdims: 1 } }],
    { ax: ints([1]) },
  ],
  [
    'TopK1',
    9,
    [2, 5],
    [
      { op: 'TopK', inputs: ['x'], outputs: ['v', 'i'], attributes: { k: 2, axis: -1 } },
      { op: 'Relu', inputs: ['v'] },
    ],
  ],
  [
    'TopK10',
    10,
    [2, 5],
    [
      { op: 'TopK', inputs: ['x', 'k'], outputs: ['v', 'i'] },
      { op: 'Relu', inputs: ['v'] },
    ],
    { k: ints([3]) },
  ],
  [
    'AvgPool7',
    7,
    c4,
    [{ op: 'AveragePool', inputs: ['x'], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] } }],
  ],
  [
    'AvgPoolSame',
    7,
    c4,
    [
      {
        op: 'AveragePool',
        inputs: ['x'],
        attributes: { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] },
      },
    ],
  ],
  [
    'MaxPoolLower',
    8,
    c4,
    [{ op: 'MaxPool', inputs: ['x'], attributes: { kernel_shape: [3, 3], auto_pad: 'SAME_LOWER', strides: [2, 2] } }],
  ],
  [
    'ConvSame',
    7,
    c4,
    [{ op: 'Conv', inputs: ['x', 'w'], attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] } }],
    { w: weights([3, 2, 3, 3], 4) },
  ],
  [
    'ConvTSame',
    8,
    c4,
    [
      {
        op: 'ConvTranspose',
        inputs: ['x', 'w'],
        attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2], output_shape: [8, 8] },
      },
    ],
    { w: weights([2, 3, 3, 3], 4) },
  ],
  [
    'Gemm7',
    7,
    [2, 4],
    [{ op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1, alpha: f(0.5), beta: f(2) } }],
    { w: weights([3, 4], 4), b: weights([3], 5) },
  ],
  ['PRelu7', 7, c4, [{ op: 'PRelu', inputs: ['x', 's'] }], { s: weights([2, 1, 1], 3) }],
  ['Flatten9', 9, c4, [{ op: 'Flatten', inputs: ['x'], attributes: { axis: 2 } }]],
  ['Flatten11neg', 11, c4, [{ op: 'Flatten', inputs: ['x'], attributes: { axis: -1 } }]],
  ['Reshape7', 7, c4, [{ op: 'Reshape', inputs: ['x', 's'] }], { s: ints([0, -1]) }],
  [
    'Cast6',
    7,
    c4,
    [
      { op: 'Cast', inputs: ['x'], attributes: { to: 11 } },
      { op: 'Cast', inputs: ['y0'], attributes: { to: 1 } },
    ],
  ],
  ['DepthToSpace7', 7, [1, 8, 2, 2], [{ op: 'DepthToSpace', inputs: ['x'], attributes: { blocksize: 2 } }]],
  [
    'Scatter9',
    9,
    [3, 3],
    [{ op: 'Scatter', inputs: ['x', 'i', 'u'] }],
    { i: { shape: [1, 3], values: [0, 2, 1], type: 'int64' }, u: weights([1, 3], 2) },
  ],
  ['Gather7', 7, [3, 3], [{ op: 'Gather', inputs: ['x', 'i'], attributes: { axis: 1 } }], { i: ints([2, 0]) }],
  ['Max8', 8, [3], [{ op: 'Max', inputs: ['x', 'u'] }], { u: weights([1, 3], 2) }],
  ['Mean8', 8, [3], [{ op: 'Mean', inputs: ['x', 'u'] }], { u: weights([3], 2) }],
  [
    'InstNorm7',
    7,
    c4,
    [{ op: 'InstanceNormalization', inputs: ['x', 'a', 'b'] }],
    { a: weights([2], 1), b: weights([2], 2) },
  ],
  [
    'GroupNorm18',
    18,
    c4,
    [{ op: 'GroupNormalization', inputs: ['x', 'a', 'b'], attributes: { num_groups: 1 } }],
    { a: weights([1], 1), b: weights([1], 2) },
  ],
  [
    'GroupNorm21',
    21,
    [1, 4, 2, 2],
    [{ op: 'GroupNormalization', inputs: ['x', 'a', 'b'], attributes: { num_groups: 2 } }],
    { a: weights([4], 1), b: weights([4], 2) },
  ],
  ['MVN9', 9, c4, [{ op: 'MeanVarianceNormalization', inputs: ['x'] }]],
  ['LRN7', 7, [1, 4, 2, 2], [{ op: 'LRN', inputs: ['x'], attributes: { size: 3 } }]],
  [
    'Elu/Selu/HS',
    7,
    c4,
    [
      { op: 'Elu', inputs: ['x'], attributes: { alpha: f(0.7) } },
      { op: 'Selu', inputs: ['y0'] },
      { op: 'HardSigmoid', inputs: ['y1'] },
      { op: 'ThresholdedRelu', inputs: ['y2'], attributes: { alpha: f(0.6) } },
    ],
  ],
  ['Expand8', 8, [3, 1], [{ op: 'Expand', inputs: ['x', 's'] }], { s: ints([2, 3, 4]) }],
  ['Tile7', 7, [2, 3], [{ op: 'Tile', inputs: ['x', 's'] }], { s: ints([2, 2]) }],
  [
    'OneHot9',
    9,
    [2, 3],
    [
      { op: 'ArgMax', inputs: ['x'], attributes: { axis: 1, keepdims: 0 } },
      { op: 'OneHot', inputs: ['y0', 'd', 'v'] },
    ],
    { d: ints([3]), v: { shape: [2], values: [0, 1] } },
  ],
  [
    'RNN rev',
    7,
    [4, 1, 3],
    [
      {
        op: 'RNN',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y'],
        attributes: { hidden_size: 2, direction: 'reverse', activations: ['Relu'] },
      },
    ],
    { w: weights([1, 2, 3], 1), r: weights([1, 2, 2], 2), b: weights([1, 4], 3) },
  ],
  [
    'GRU lbr bi',
    7,
    [4, 1, 3],
    [
      {
        op: 'GRU',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y', 'Yh'],
        attributes: { hidden_size: 2, direction: 'bidirectional', linear_before_reset: 1 },
      },
    ],
    { w: weights([2, 6, 3], 1), r: weights([2, 6, 2], 2), b: weights([2, 12], 3) },
  ],
  [
    'GRU acts',
    14,
    [4, 1, 3],
    [
      {
        op: 'GRU',
        inputs: ['x', 'w', 'r'],
        outputs: ['Y', 'Yh'],
        attributes: {
          hidden_size: 2,
          activations: ['HardSigmoid', 'LeakyRelu'],
          activation_alpha: fs([0.3, 0.1]),
          activation_beta: fs([0.4]),
        },
      },
    ],
    { w: weights([1, 6, 3], 1), r: weights([1, 6, 2], 2) },
  ],
  [
    'LSTM peep clip',
    7,
    [4, 1, 3],
    [
      {
        op: 'LSTM',
        inputs: ['x', 'w', 'r', 'b', '', '', '', 'p'],
        outputs: ['Y', 'Yh', 'Yc'],
        attributes: { hidden_size: 2, clip: f(0.5) },
      },
    ],
    { w: weights([1, 8, 3], 1), r: weights([1, 8, 2], 2), b: weights([1, 16], 3), p: weights([1, 6], 4) },
  ],
  [
    'LSTM forget',
    7,
    [4, 1, 3],
    [
      {
        op: 'LSTM',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y', 'Yh', 'Yc'],
        attributes: { hidden_size: 2, input_forget: 1, activations: ['Sigmoid', 'Softsign', 'Softplus'] },
      },
    ],
    { w: weights([1, 8, 3], 1), r: weights([1, 8, 2], 2), b: weights([1, 16], 3) },
  ],
  [
    'LSTM layout1',
    14,
    [1, 4, 3],
    [
      {
        op: 'LSTM',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y', 'Yh', 'Yc'],
        attributes: { hidden_size: 2, layout: 0 },
      },
    ],
    { w: weights([1, 8, 3], 1), r: weights([1, 8, 2], 2), b: weights([1, 16], 3) },
  ],
  [
    'Affine ScaledTanh',
    14,
    [4, 1, 3],
    [
      {
        op: 'RNN',
        inputs: ['x', 'w', 'r'],
        outputs: ['Y'],
        attributes: {
          hidden_size: 2,
          activations: ['ScaledTanh'],
          activation_alpha: fs([1.5]),
          activation_beta: fs([0.5]),
        },
      },
    ],
    { w: weights([1, 2, 3], 1), r: weights([1, 2, 2], 2) },
  ],
];
describe('Forms of older operator sets, and recurrent layers with all they can ask for', () => {
  for (const [name, opset, input, nodes, constants = {}] of cases)
    it(`${name} (operator set ${opset})`, async () => {
      const network = networkOf({
        opset,
        input,
        nodes,
        constants,
        output: nodes.at(-1)!.outputs?.[0] ?? `y${nodes.length - 1}`,
      });
      const { runnable, analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
      for (const node of analysed.nodes) expect(ruleOf(analysed, node).kind).not.toBe('unsupported');
      const outputs = runnable.outputs.filter(({ name }) => name === output);
      await using truth = await openReference(network, engine);
      await using written = await openReference({ ...runnable, outputs }, engine);
      // In the operator set that derivatives are written in.
      await using raised = await openReference({ ...differentiable(runnable, 'float32'), outputs }, engine);
      expect(runnable.types.get(output)?.shape).toEqual(truth.shape);
      const point = pointOf(
        input.reduce((a, b) => a * b, 1),
        5,
      );
      const expected = await truth.evaluate(point);
      for (const one of [written, raised])
        (await one.evaluate(point)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
    });
});
