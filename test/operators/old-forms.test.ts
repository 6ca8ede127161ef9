import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkForms, type Case } from './equal-forms.ts';
import { ints, weights } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

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
];

describe('Forms of older operator sets', () => {
  for (const one of cases) it(`${one[0]} (operator set ${one[1]})`, () => checkForms(one, engine));
});
