import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { onlyNeeded } from '../../core/derivatives/derived-network.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { jvp } from '../../core/derivatives/jvp.ts';
import { vjp } from '../../core/derivatives/vjp.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { ints, networkOf, numbers, weights, type NetworkSketch } from '../operators/small-networks.ts';
import { checkDerivatives, running } from './checked-derivatives.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const readied = (network: Network) => prepare(network, { dims: {}, held: new Map() }, engine);

const sketches: Readonly<Record<string, NetworkSketch>> = {
  'a residual block of strided, grouped and dilated convolutions': {
    input: [1, 2, 7, 6],
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1', 'b1'], outputs: ['c1'], attributes: { strides: [2, 1], pads: [1, 1, 0, 1] } },
      { op: 'Sigmoid', inputs: ['c1'], outputs: ['s1'] },
      {
        op: 'Conv',
        inputs: ['s1', 'w2'],
        outputs: ['c2'],
        attributes: { group: 2, dilations: [1, 2], pads: [1, 2, 1, 2] },
      },
      { op: 'Add', inputs: ['c2', 's1'], outputs: ['sum'] },
      { op: 'ConvTranspose', inputs: ['sum', 'w3'], attributes: { strides: [2, 2], output_padding: [1, 0] } },
    ],
    constants: {
      w1: weights([4, 2, 3, 3], 1),
      b1: weights([4], 2),
      w2: weights([4, 2, 3, 3], 3),
      w3: weights([4, 3, 2, 2], 4),
    },
  },
  'overlapping maxima and averages of opset 9': {
    opset: 9,
    input: [1, 2, 6, 6],
    nodes: [
      {
        op: 'MaxPool',
        inputs: ['x'],
        outputs: ['m'],
        attributes: { kernel_shape: [3, 3], strides: [1, 2], pads: [1, 1, 1, 1] },
      },
      { op: 'AveragePool', inputs: ['m'], outputs: ['a'], attributes: { kernel_shape: [2, 2], pads: [1, 0, 0, 1] } },
      { op: 'Pad', inputs: ['a'], outputs: ['p'], attributes: { mode: 'reflect', pads: [0, 0, 1, 1, 0, 0, 1, 1] } },
      { op: 'Slice', inputs: ['p'], outputs: ['q'], attributes: { starts: [1], ends: [5], axes: [2] } },
      { op: 'Softmax', inputs: ['q'], outputs: ['s'] },
      { op: 'Upsample', inputs: ['s', 'scales'], attributes: { mode: 'nearest' } },
    ],
    constants: { scales: { shape: [4], values: [1, 1, 2, 3] } },
  },
  'attention with a mask, and a LayerNorm': {
    input: [1, 3, 4],
    nodes: [
      { op: 'LayerNormalization', inputs: ['x', 'g', 'b'], outputs: ['n'] },
      { op: 'MatMul', inputs: ['n', 'q'], outputs: ['query'] },
      { op: 'MatMul', inputs: ['n', 'k'], outputs: ['key'] },
      { op: 'Transpose', inputs: ['key'], outputs: ['turned'], attributes: { perm: [0, 2, 1] } },
      { op: 'MatMul', inputs: ['query', 'turned'], outputs: ['scores'] },
      { op: 'Softmax', inputs: ['scores'], outputs: ['p'], attributes: { axis: -1 } },
      { op: 'MatMul', inputs: ['p', 'n'], outputs: ['mixed'] },
      { op: 'Mul', inputs: ['mixed', 'mixed'], outputs: ['square'] },
      { op: 'Div', inputs: ['square', 'x'] },
    ],
    constants: { g: weights([4], 5), b: weights([4], 6), q: weights([4, 4], 7), k: weights([4, 4], 8) },
  },
  'maxima of parts that are cut, copied, picked twice and joined': {
    input: [1, 6, 2],
    nodes: [
      { op: 'Split', inputs: ['x', 'sizes'], outputs: ['a', 'b'], attributes: { axis: 1 } },
      { op: 'Slice', inputs: ['a', 'starts', 'ends', 'axes', 'steps'], outputs: ['back'] },
      { op: 'Gather', inputs: ['b', 'picks'], outputs: ['picked'], attributes: { axis: 1 } },
      { op: 'Max', inputs: ['back', 'picked'], outputs: ['most'] },
      { op: 'Tile', inputs: ['most', 'repeats'], outputs: ['tiled'] },
      { op: 'Concat', inputs: ['tiled', 'x'], outputs: ['joined'], attributes: { axis: 1 } },
      { op: 'ReduceLogSumExp', inputs: ['joined', 'over'], outputs: ['l'], attributes: { keepdims: 0 } },
      { op: 'ReduceMax', inputs: ['joined', 'over'], outputs: ['m'], attributes: { keepdims: 0 } },
      { op: 'Sub', inputs: ['l', 'm'] },
    ],
    constants: {
      sizes: ints([3, 3]),
      starts: ints([2]),
      ends: ints([-4]),
      axes: ints([1]),
      steps: ints([-1]),
      picks: ints([2, 0, 2]),
      repeats: ints([1, 2, 1]),
      over: ints([1]),
    },
  },
  'entries that are picked one by one, backwards, sorted and put elsewhere': {
    input: [4, 4],
    nodes: [
      { op: 'GatherElements', inputs: ['x', 'places'], outputs: ['g'], attributes: { axis: 1 } },
      { op: 'Trilu', inputs: ['g'], outputs: ['t'], attributes: { upper: 0 } },
      { op: 'ReverseSequence', inputs: ['t', 'lengths'], outputs: ['r'] },
      { op: 'CumSum', inputs: ['r', 'last'], outputs: ['c'], attributes: { exclusive: 1, reverse: 1 } },
      { op: 'TopK', inputs: ['x', 'two'], outputs: ['k', 'at'], attributes: { axis: 0 } },
      { op: 'Cast', inputs: ['keep'], outputs: ['mask'], attributes: { to: 9 } },
      { op: 'Compress', inputs: ['c', 'mask'], outputs: ['m'], attributes: { axis: 0 } },
      { op: 'ScatterElements', inputs: ['m', 'put', 'k'], outputs: ['s'], attributes: { axis: 0, reduction: 'mul' } },
      { op: 'GatherND', inputs: ['s', 'pairs'], outputs: ['n'], attributes: { batch_dims: 1 } },
      { op: 'ScatterND', inputs: ['n', 'once', 'n'], outputs: ['d'], attributes: { reduction: 'add' } },
      { op: 'ScatterND', inputs: ['d', 'once', 'n'], attributes: { reduction: 'max' } },
    ],
    constants: {
      places: { shape: [4, 4], values: [0, 1, 1, -1, 3, 2, 1, 0, 0, 0, 2, 2, 1, 3, 0, 2], type: 'int64' },
      lengths: ints([4, 2, 3, 1]),
      last: { shape: [], values: [1], type: 'int64' },
      two: ints([2]),
      keep: ints([0, 1, 1, 1]),
      put: { shape: [2, 4], values: [0, 1, 2, 0, 2, 0, 1, 1], type: 'int64' },
      pairs: { shape: [3, 1], values: [2, 0, 3], type: 'int64' },
      once: { shape: [3, 1], values: [2, 0, 1], type: 'int64' },
    },
  },
  'normalisations by channel, by neighbours, by length, and lengths': {
    input: [1, 4, 3, 4],
    nodes: [
      { op: 'InstanceNormalization', inputs: ['x', 'w', 'b'], outputs: ['i'] },
      { op: 'LRN', inputs: ['i'], outputs: ['r'], attributes: { size: 3, alpha: { float: 0.5 }, bias: { float: 2 } } },
      { op: 'LpNormalization', inputs: ['r'], outputs: ['n'], attributes: { axis: 1, p: 1 } },
      { op: 'LpNormalization', inputs: ['r'], outputs: ['m'], attributes: { axis: 2 } },
      { op: 'Add', inputs: ['n', 'm'], outputs: ['s'] },
      {
        op: 'LpPool',
        inputs: ['s'],
        outputs: ['p'],
        attributes: { kernel_shape: [2, 2], pads: [1, 0, 0, 1], strides: [1, 2], p: 3 },
      },
      { op: 'GlobalLpPool', inputs: ['x'], outputs: ['l'] },
      { op: 'ReduceL1', inputs: ['x', 'axes'], outputs: ['one'] },
      { op: 'ReduceL2', inputs: ['x', 'axes'], outputs: ['two'] },
      { op: 'Mul', inputs: ['p', 'l'], outputs: ['pl'] },
      { op: 'Mul', inputs: ['one', 'two'], outputs: ['ot'] },
      { op: 'Mul', inputs: ['pl', 'ot'] },
    ],
    constants: { w: weights([4], 3), b: weights([4], 4), axes: ints([1, 2, 3]) },
  },
  'inverse and hyperbolic functions': {
    input: [2, 3],
    nodes: [
      { op: 'Mul', inputs: ['x', 'part'], outputs: ['small'] },
      ...['Tan', 'Sinh', 'Cosh', 'Asinh', 'Atan', 'Shrink'].map((op) => ({ op, inputs: ['x'], outputs: [op] })),
      ...['Asin', 'Acos', 'Atanh'].map((op) => ({ op, inputs: ['small'], outputs: [op] })),
      { op: 'Add', inputs: ['Cosh', 'half'], outputs: ['beyond'] },
      { op: 'Acosh', inputs: ['beyond'], outputs: ['Acosh'] },
      {
        op: 'Concat',
        inputs: ['Tan', 'Sinh', 'Cosh', 'Asinh', 'Atan', 'Shrink', 'Asin', 'Acos', 'Atanh', 'Acosh'],
        attributes: { axis: 1 },
      },
    ],
    constants: { part: { shape: [], values: [0.5] }, half: { shape: [], values: [0.5] } },
  },
};

describe('The derivative of a network', () => {
  for (const [what, sketch] of Object.entries(sketches))
    it(`of ${what} is its difference quotient, and its transpose is the transpose`, async () => {
      const { runnable, output } = await readied(networkOf({ opset: 21, ...sketch }));
      const point = Float64Array.from(numbers(elementCount(sketch.input), 3), (value) => 1.3 * value + 0.05);
      const outcome = await checkDerivatives(runnable, output, point, engine);
      expect(outcome).toMatchObject({ kind: 'checked', kinked: 0 });
    });

  it('takes many directions at one point in one run', async () => {
    const { runnable, output } = await readied(
      networkOf(sketches['a residual block of strided, grouped and dilated convolutions']!),
    );
    const network = differentiable(runnable, 'float64');
    const [one, three] = [jvp({ network, output }), jvp({ network, output, directions: 3 })];
    const [back, backs] = [vjp({ network, output }), vjp({ network, output, directions: 3 })];
    if ('missing' in one || 'missing' in three || 'missing' in back || 'missing' in backs) throw new Error('missing');
    const x = Float64Array.from(numbers(84, 5));
    for (const [single, several, count] of [
      [one, three, 84],
      [back, backs, elementCount(network.types.get(output)!.shape)],
    ] as const) {
      await using alone = await running(single, engine);
      await using together = await running(several, engine);
      const directions = Float64Array.from(numbers(3 * count, 6));
      const all = await together.at(x, directions);
      for (let k = 0; k < 3; k++) {
        const own = await alone.at(x, directions.slice(k * count, (k + 1) * count));
        own.forEach((value, i) => expect(all[k * own.length + i]).toBeCloseTo(value, 6));
      }
    }
  });

  it('can be differentiated again: the Hessian of a softmax is symmetric', async () => {
    const { runnable, output } = await readied(
      networkOf({
        input: [1, 4],
        nodes: [
          { op: 'Gemm', inputs: ['x', 'w'], outputs: ['h'] },
          { op: 'Softmax', inputs: ['h'], outputs: ['p'] },
          { op: 'Tanh', inputs: ['p'], outputs: ['t'] },
          { op: 'Gemm', inputs: ['t', 'one'], outputs: ['y'] },
        ],
        constants: { w: weights([4, 5], 2, 3), one: weights([5, 1], 3) },
      }),
    );
    const network = differentiable(runnable, 'float64');
    const gradient = vjp({ network, output });
    if ('missing' in gradient) throw new Error('missing');
    const held = gradient.network.inputs.find(({ name }) => name === gradient.directions[0])!;
    const hessian = jvp({ network: gradient.network, output: gradient.derivatives[0]!, by: ['x'] });
    if ('missing' in hessian) throw new Error('missing');
    const session = await engine.open(writeOnnx(onlyNeeded(hessian.network)), 'cpu');
    const x = Float64Array.of(0.1, -0.4, 0.3, 0.2);
    const rows: number[][] = [];
    for (let j = 0; j < 4; j++) {
      const direction = new Float64Array(4);
      direction[j] = 1;
      const result = await session.run({
        x: { type: 'float64', shape: [1, 4], data: x },
        [held.name]: { type: 'float64', shape: [1, 1], data: Float64Array.of(1) },
        [hessian.directions[0]!]: { type: 'float64', shape: [1, 4], data: direction },
      });
      rows.push([...(result[hessian.derivatives[0]!]!.data as Float64Array)]);
    }
    await session.dispose();
    for (let i = 0; i < 4; i++) for (let j = 0; j < i; j++) expect(rows[i]![j]).toBeCloseTo(rows[j]![i]!, 12);
    expect(Math.abs(rows[1]![0]!)).toBeGreaterThan(1e-3);
  });

  it('names the node that has no derivative', async () => {
    const nodes = [
      { op: 'Exp', inputs: ['x'] },
      { op: 'Clip', inputs: ['x', '', 'y0'], id: 'limited' },
    ];
    const { runnable, output } = await readied(networkOf({ input: [1, 1], nodes }));
    const network = differentiable(runnable, 'float32');
    const missing = { node: 'limited', op: 'Clip', reason: 'its limits depend on the input' };
    expect(jvp({ network, output })).toEqual({ missing });
    expect(vjp({ network, output })).toEqual({ missing });
  });
});

describe('At a kink the derivative is that of the branch ONNX Runtime takes', () => {
  const at = async (
    nodes: NetworkSketch['nodes'],
    point: readonly number[],
    shape: readonly number[],
    constants = {},
  ) => {
    const { runnable, output } = await readied(networkOf({ input: shape, nodes, constants }));
    const network = differentiable(runnable, 'float64');
    const forward = jvp({ network, output });
    if ('missing' in forward) throw new Error('missing');
    await using ahead = await running(forward, engine);
    return [
      ...(await ahead.at(
        Float64Array.from(point),
        Float64Array.from(point, (_, i) => i + 1),
      )),
    ];
  };

  it('Relu at zero is flat', async () => {
    expect(await at([{ op: 'Relu', inputs: ['x'] }], [0, -0, 1], [1, 3])).toEqual([0, 0, 3]);
  });

  it('LeakyRelu at zero rises with slope 1', async () => {
    expect(await at([{ op: 'LeakyRelu', inputs: ['x'] }], [0, 1], [1, 2])).toEqual([1, 2]);
  });

  it('MaxPool and ReduceMax take the first of several maxima', async () => {
    expect(
      await at(
        [{ op: 'MaxPool', inputs: ['x'], attributes: { kernel_shape: [2], strides: [2] } }],
        [5, 5, 7, 7],
        [1, 1, 4],
      ),
    ).toEqual([1, 3]);
    const nodes = [{ op: 'ReduceMax', inputs: ['x', 'axes'] }];
    expect(await at(nodes, [5, 7, 7], [1, 3], { axes: ints([1]) })).toEqual([2]);
  });

  it('Max takes its first argument', async () => {
    const nodes = [
      { op: 'Mul', inputs: ['x', 'two'], outputs: ['double'] },
      { op: 'Max', inputs: ['x', 'double'] },
    ];
    expect(await at(nodes, [0, 1], [1, 2], { two: { shape: [], values: [2] } })).toEqual([1, 4]);
  });
});

const models = '../shared/models';
describe.skipIf(!existsSync(models))('The derivatives of public models (skipped where ../shared is missing)', () => {
  for (const name of ['acasxu_1_1', 'mnistfc_256x2', 'ort_mnist', 'vit_pgd_2_3_16', 'marabou_self_attention_mnist'])
    it(`of ${name} are difference quotients in doubles`, async () => {
      const file = modelInMemory(name, readFileSync(join(models, `${name}.onnx`)));
      const { runnable, output, input } = await readied(readModel(file));
      const count = elementCount(runnable.types.get(input)!.shape);
      const point = Float64Array.from(numbers(count, 11), (value) => 0.3 * value + 0.3);
      const outcome = await checkDerivatives(runnable, output, point, engine);
      expect(outcome.kind).toBe('checked');
    });
});
