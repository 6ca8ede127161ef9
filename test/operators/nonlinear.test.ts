import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import {
  ints,
  networkOf,
  pairOf,
  weights,
  type AttributeValue,
  type ConstantSketch,
  type NodeSketch,
} from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const float = (value: number): AttributeValue => ({ float: value });

describe('Activations, as ONNX Runtime computes them', () => {
  const cases: {
    op: string;
    attributes?: Record<string, AttributeValue>;
    interval?: [number, number];
    opset?: number;
    unboundedEverywhere?: boolean;
    name?: string;
  }[] = [
    { op: 'Relu' },
    { op: 'LeakyRelu' },
    { op: 'LeakyRelu', attributes: { alpha: float(-1.5) } },
    { op: 'ThresholdedRelu', attributes: { alpha: float(0) } },
    { op: 'Abs' },
    { op: 'HardSigmoid' },
    { op: 'HardSigmoid', attributes: { alpha: float(0.7), beta: float(0.1) } },
    { op: 'HardSwish', interval: [-5, 5] },
    { op: 'Sigmoid', interval: [-9, 9] },
    { op: 'Tanh', interval: [-5, 5] },
    { op: 'Softplus', interval: [-9, 9] },
    { op: 'Softsign' },
    { op: 'Erf', interval: [-4, 4] },
    { op: 'Elu' },
    { op: 'Elu', attributes: { alpha: float(2.5) } },
    { op: 'Elu', attributes: { alpha: float(-0.5) } },
    { op: 'Celu', attributes: { alpha: float(0.4) } },
    { op: 'Selu' },
    { op: 'Selu', attributes: { alpha: float(0.5), gamma: float(3) } },
    { op: 'Gelu', interval: [-6, 6] },
    { op: 'Gelu', attributes: { approximate: 'tanh' }, interval: [-6, 6] },
    { op: 'Mish', interval: [-8, 8] },
    { op: 'Sin', interval: [-7, 7] },
    { op: 'Cos', interval: [-7, 7] },
    { op: 'Exp', unboundedEverywhere: true },
    { op: 'Log', interval: [0.1, 3], unboundedEverywhere: true },
    { op: 'Sqrt', interval: [0.1, 3], unboundedEverywhere: true },
    { op: 'Reciprocal', interval: [0.2, 3], unboundedEverywhere: true },
  ];
  it.each(cases)('$op $attributes', async ({ op, attributes, interval, unboundedEverywhere }) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 22,
        input: [2, 7],
        nodes: [{ op, inputs: ['x'], ...(attributes === undefined ? {} : { attributes }) }],
      }),
      engine,
      {
        ...(interval === undefined ? {} : { interval }),
        ...(unboundedEverywhere === undefined ? {} : { unboundedEverywhere }),
        tolerance: 2e-6,
      },
    );
  });

  it.each([
    ['both limits', ['low', 'high']],
    ['the upper limit only', ['', 'high']],
    ['the lower limit only', ['low']],
    ['no limit', []],
    ['limits that cross', ['high', 'low']],
  ])('Clip with %s', async (_, limits) => {
    await checkAgainstRuntime(
      networkOf({
        input: [3, 3],
        constants: { low: { shape: [], values: [-0.5] }, high: { shape: [], values: [0.8] } },
        nodes: [{ op: 'Clip', inputs: ['x', ...limits] }],
      }),
      engine,
    );
  });

  it('Clip by attributes', async () => {
    await checkAgainstRuntime(
      networkOf({
        opset: 10,
        input: [3, 3],
        nodes: [{ op: 'Clip', inputs: ['x'], attributes: { min: float(-0.5), max: float(6) } }],
      }),
      engine,
    );
  });

  it.each([2, 3, 4, 0, 1])('Pow with the whole exponent %d', async (exponent) => {
    await checkAgainstRuntime(
      networkOf({
        input: [5],
        constants: { e: { shape: [], values: [exponent] } },
        nodes: [{ op: 'Pow', inputs: ['x', 'e'] }],
      }),
      engine,
      { unboundedEverywhere: exponent > 1 },
    );
  });
  it.each([0.5, 1.5, 2.5, -1, -0.5])('Pow with the exponent %d right of zero', async (exponent) => {
    await checkAgainstRuntime(
      networkOf({
        input: [5],
        constants: { e: { shape: [1], values: [exponent] } },
        nodes: [{ op: 'Pow', inputs: ['x', 'e'] }],
      }),
      engine,
      { interval: [0.3, 2], unboundedEverywhere: true },
    );
  });

  it('Pow whose exponent has more axes than the data copies the data, which no slope tells', async () => {
    const network = networkOf({
      input: [3],
      constants: { e: { shape: [4, 3], values: new Array<number>(12).fill(1) } },
      nodes: [{ op: 'Pow', inputs: ['x', 'e'] }],
    });
    const { analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
    expect(analysed.types.get(output)?.shape).toEqual([4, 3]);
    expect(ruleOf(analysed, analysed.nodes[0]!).kind).toBe('unsupported');
  });

  it.each([[[1]], [[3, 1]], [[2, 3, 4]], [[4]]])('PRelu with slopes %j', async (slopes) => {
    await checkAgainstRuntime(
      networkOf({
        input: [2, 3, 4],
        constants: { slopes: weights(slopes, 1, 2) },
        nodes: [{ op: 'PRelu', inputs: ['x', 'slopes'] }],
      }),
      engine,
    );
  });
});

describe('Softmax and its like, as ONNX Runtime computes them', () => {
  it.each(['Softmax', 'LogSoftmax'])('%s over any axis, before and after operator set 13', async (op) => {
    for (const [opset, attributes] of [
      [21, {}],
      [21, { axis: 1 }],
      [13, { axis: 0 }],
      [11, {}],
      [11, { axis: 2 }],
      [11, { axis: -3 }],
    ] as const)
      await checkAgainstRuntime(
        networkOf({ opset, input: [2, 3, 4], nodes: [{ op, inputs: ['x'], attributes }] }),
        engine,
        { interval: [-4, 4] },
      );
  });

  it.each(['Softmax', 'LogSoftmax'])('%s of one entry is constant', async (op) => {
    await checkAgainstRuntime(networkOf({ input: [3, 1], nodes: [{ op, inputs: ['x'] }] }), engine);
  });

  it.each(['Softmax', 'LogSoftmax'])('%s of logits that are very far apart', async (op) => {
    await checkAgainstRuntime(networkOf({ input: [1, 4], nodes: [{ op, inputs: ['x'] }] }), engine, {
      interval: [-500, 500],
    });
  });

  it.each(['ReduceMax', 'ReduceMin', 'ReduceLogSumExp'])('%s over any axes', async (op) => {
    for (const [attributes, axes] of [
      [{}, undefined],
      [{ keepdims: 0 }, [1]],
      [{ keepdims: 0 }, [-1, 0]],
      [{ noop_with_empty_axes: 1 }, undefined],
    ] as const)
      await checkAgainstRuntime(
        networkOf({
          input: [2, 3, 4],
          constants: axes === undefined ? {} : { axes: ints(axes) },
          nodes: [{ op, inputs: axes === undefined ? ['x'] : ['x', 'axes'], attributes }],
        }),
        engine,
        { interval: [-9, 9] },
      );
  });
});

describe('Maximum pools, as ONNX Runtime computes them', () => {
  it('MaxPool with ceil_mode, dilations and automatic padding', async () => {
    const window = fc.record({
      axes: fc.integer({ min: 1, max: 3 }),
      size: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 3, maxLength: 3 }),
      kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      dilations: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
      pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
      auto: fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
      ceil: fc.integer({ min: 0, max: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(window, async (c) => {
        const take = (values: readonly number[]): number[] => values.slice(0, c.axes);
        const auto = c.auto !== 'NOTSET';
        const kernel = take(c.kernel);
        const dilations = take(c.dilations).map((dilation) => (c.auto.startsWith('SAME') ? 1 : dilation));
        const pads = [...take(c.pads), ...c.pads.slice(3, 3 + c.axes)].map((pad, a) =>
          Math.min(pad, kernel[a % c.axes]! - 1),
        );
        // ONNX Runtime refuses automatic padding of a maximum over less than its stride.
        fc.pre(!c.auto.startsWith('SAME') || kernel.every((size, a) => size >= c.strides[a]!));
        fc.pre(take(c.size).every((size, a) => size >= (kernel[a]! - 1) * dilations[a]! + 1));
        await checkAgainstRuntime(
          networkOf({
            input: [1, 2, ...take(c.size)],
            nodes: [
              {
                op: 'MaxPool',
                inputs: ['x'],
                attributes: {
                  kernel_shape: kernel,
                  strides: take(c.strides),
                  dilations,
                  ceil_mode: c.ceil,
                  ...(auto ? { auto_pad: c.auto } : { pads }),
                },
              },
            ],
          }),
          engine,
          { points: 6 },
        );
      }),
      { numRuns: 60, seed: 2, endOnFailure: true },
    );
  });

  it('GlobalMaxPool', async () => {
    await checkAgainstRuntime(
      networkOf({ input: [2, 3, 2, 2], nodes: [{ op: 'GlobalMaxPool', inputs: ['x'] }] }),
      engine,
    );
  });

  it('one pixel that is the largest of four windows attains the constant 2 of a 3 x 3 pool of stride 2', async () => {
    const network = networkOf({
      input: [1, 1, 5, 5],
      nodes: [{ op: 'MaxPool', inputs: ['x'], attributes: { kernel_shape: [3, 3], strides: [2, 2] } }],
    });
    const { analysed } = await prepare(network, { dims: {}, held: new Map() }, engine);
    const rule = ruleOf(analysed, analysed.nodes[0]!);
    expect(rule.kind === 'gain' && [rule.gains.l1.upper, rule.gains.l2.upper, rule.gains.linf.upper]).toEqual([
      4, 2, 1,
    ]);
  });
});

describe('Normalisation by the data, as ONNX Runtime computes it', () => {
  it.each([
    [[2, 5], -1],
    [[2, 3, 4], -1],
    [[2, 3, 4], 1],
  ])('LayerNormalization of %j from axis %d', async (input, axis) => {
    const normalised = input.slice(axis);
    await checkAgainstRuntime(
      networkOf({
        input,
        constants: { scale: weights(normalised), bias: weights(normalised, 2) },
        nodes: [
          { op: 'LayerNormalization', inputs: ['x', 'scale', 'bias'], attributes: { axis, epsilon: float(1e-2) } },
        ],
      }),
      engine,
      { tolerance: 2e-5 },
    );
  });

  it('LayerNormalization on a box away from zero variance has a smaller constant there, and a true one', async () => {
    await checkAgainstRuntime(
      networkOf({
        input: [1, 4],
        constants: { shift: { shape: [4], values: [-6, -2, 2, 6] }, scale: { shape: [4], values: [1, 1, 1, 1] } },
        nodes: [
          { op: 'Add', inputs: ['x', 'shift'], outputs: ['apart'] },
          { op: 'LayerNormalization', inputs: ['apart', 'scale'] },
        ],
      }),
      engine,
      { interval: [-1, 1], tolerance: 2e-5 },
    );
  });
});

describe('Operators of two data tensors, as ONNX Runtime computes them', () => {
  const pair = async (
    op: string,
    a: number[],
    b: number[],
    expectations: Parameters<typeof checkAgainstRuntime>[2] = {},
    attributes: Record<string, AttributeValue> = {},
  ): Promise<void> => {
    const { input, nodes, constants } = pairOf(a, b);
    await checkAgainstRuntime(
      networkOf({ input, constants, nodes: [...nodes, { op, inputs: ['a', 'b'], attributes }] }),
      engine,
      expectations,
    );
  };

  const shapes: [number[], number[]][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[1], [2, 3]],
    [
      [3, 1, 2],
      [4, 1],
    ],
  ];
  it.each(['Add', 'Sub', 'Sum', 'Mean', 'Max', 'Min'])('%s with broadcasting', async (op) => {
    for (const [a, b] of shapes) await pair(op, a, b);
  });
  it.each(shapes)('Mul of %j and %j is bounded on a box only', async (a, b) => {
    await pair('Mul', a, b, { unboundedEverywhere: true });
  });
  it.each(shapes)('Div of %j by %j is bounded where the divisor stays away from zero', async (a, b) => {
    await pair('Div', a, b, { unboundedEverywhere: true, interval: [0.4, 3] });
  });
  it.each([
    [[2, 3], [2, 4], 1],
    [[2, 3], [1, 3], 0],
    [[2, 3, 2], [2, 3, 1], -1],
  ])('Concat of %j and %j along axis %d', async (a, b, axis) => {
    await pair('Concat', a, b, {}, { axis });
  });
  const matrices: [number[], number[]][] = [
    [
      [2, 3],
      [3, 4],
    ],
    [[3], [3, 4]],
    [[2, 3], [3]],
    [[3], [3]],
    [
      [2, 2, 3],
      [3, 2],
    ],
    [
      [2, 3],
      [4, 3, 2],
    ],
    [[3], [4, 3, 2]],
    [[4, 2, 3], [3]],
    [
      [2, 1, 2, 3],
      [3, 3, 1],
    ],
  ];
  it.each(matrices)('MatMul of %j by %j is bounded on a box only', async (a, b) => {
    await pair('MatMul', a, b, { unboundedEverywhere: true });
  });
});

describe('Operators of data and constants, as ONNX Runtime computes them', () => {
  const c = (shape: number[]): Record<string, ConstantSketch> => ({ c: weights(shape, 4) });
  const shapes: [number[], number[]][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [[3], [2, 3]],
    [
      [2, 1],
      [2, 3],
    ],
    [[2, 3], []],
    [[], [4]],
    [
      [3, 1],
      [1, 3, 1],
    ],
  ];
  const run = async (
    input: number[],
    constants: Record<string, ConstantSketch>,
    node: NodeSketch,
    unboundedEverywhere = false,
  ): Promise<void> =>
    checkAgainstRuntime(networkOf({ input, constants, nodes: [node] }), engine, { unboundedEverywhere });
  it.each(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Mean', 'Sum'])('%s, the constant behind', async (op) => {
    for (const [x, shape] of shapes) await run(x, c(shape), { op, inputs: ['x', 'c'] });
  });
  it.each(['Add', 'Sub', 'Mul', 'Max', 'Min'])('%s, the constant in front', async (op) => {
    for (const [x, shape] of shapes) await run(x, c(shape), { op, inputs: ['c', 'x'] });
  });
  it('a constant divided by the data is bounded where the data stays away from zero', async () => {
    for (const [x, shape] of shapes)
      await checkAgainstRuntime(
        networkOf({ input: x, constants: c(shape), nodes: [{ op: 'Div', inputs: ['c', 'x'] }] }),
        engine,
        {
          unboundedEverywhere: true,
          interval: [0.3, 2],
        },
      );
  });
  it('Sum and Max of three tensors, one of them constant', async () => {
    for (const op of ['Sum', 'Max', 'Min', 'Mean']) {
      const { input, nodes, constants } = pairOf([2, 3], [3]);
      await checkAgainstRuntime(
        networkOf({
          input,
          constants: { ...constants, ...c([2, 1]) },
          nodes: [...nodes, { op, inputs: ['a', 'c', 'b'] }],
        }),
        engine,
      );
    }
  });
  it('a tensor added to, multiplied by or put beside itself', async () => {
    for (const op of ['Add', 'Mul', 'Concat', 'Max', 'Sub'])
      await run([2, 3], {}, { op, inputs: ['x', 'x'], attributes: op === 'Concat' ? { axis: 0 } : {} }, op === 'Mul');
  });
  it('constants beside the data in Concat', async () => {
    await run([2, 3], c([2, 2]), { op: 'Concat', inputs: ['c', 'x', 'c'], attributes: { axis: 1 } });
  });
});
