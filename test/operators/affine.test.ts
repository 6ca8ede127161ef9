import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { ints, networkOf, weights, type AttributeValue, type NodeSketch } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const runs = { numRuns: 40, seed: 1, endOnFailure: true };

describe('Convolutions, as ONNX Runtime computes them', () => {
  const window = fc.record({
    axes: fc.integer({ min: 1, max: 3 }),
    size: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 3, maxLength: 3 }),
    kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    dilations: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
    pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
    groups: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 2 }),
    batch: fc.integer({ min: 1, max: 2 }),
    auto: fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
    bias: fc.boolean(),
  });

  it('Conv over 1 to 3 axes with any padding, stride, dilation and groups', async () => {
    await fc.assert(
      fc.asyncProperty(window, async (c) => {
        const take = (values: readonly number[]): number[] => values.slice(0, c.axes);
        // ONNX Runtime refuses automatic padding around a dilated kernel.
        const dilations = take(c.dilations).map((dilation) => (c.auto.startsWith('SAME') ? 1 : dilation));
        const pads = [...take(c.pads), ...c.pads.slice(3, 3 + c.axes)];
        const auto = c.auto !== 'NOTSET';
        fc.pre(
          take(c.size).every((size, a) => {
            const reach = (c.kernel[a]! - 1) * dilations[a]! + 1;
            return size + (auto ? 0 : pads[a]! + pads[a + c.axes]!) >= reach;
          }),
        );
        const network = networkOf({
          input: [c.batch, c.inputs * c.groups, ...take(c.size)],
          constants: {
            w: weights([c.outputs * c.groups, c.inputs, ...take(c.kernel)]),
            b: weights([c.outputs * c.groups], 2),
          },
          nodes: [
            {
              op: 'Conv',
              inputs: c.bias ? ['x', 'w', 'b'] : ['x', 'w'],
              attributes: {
                strides: take(c.strides),
                dilations,
                group: c.groups,
                ...(auto ? { auto_pad: c.auto } : { pads }),
              },
            },
          ],
        });
        await checkAgainstRuntime(network, engine, { points: 4 });
      }),
      runs,
    );
  });

  it('ConvTranspose with output padding, output shape, groups and automatic padding', async () => {
    await fc.assert(
      fc.asyncProperty(window, fc.integer({ min: 0, max: 2 }), async (c, extra) => {
        const take = (values: readonly number[]): number[] => values.slice(0, c.axes);
        const size = take(c.size).map((value) => Math.min(4, value));
        const [kernel, strides, dilations] = [take(c.kernel), take(c.strides), take(c.dilations)];
        const auto = c.auto !== 'NOTSET';
        const pads = [...take(c.pads), ...c.pads.slice(3, 3 + c.axes)];
        const padding = strides.map((stride) => Math.min(extra, stride - 1));
        const natural = size.map((n, a) => strides[a]! * (n - 1) + (kernel[a]! - 1) * dilations[a]! + 1);
        const attributes: Record<string, AttributeValue> = { strides, dilations, group: c.groups };
        if (auto) attributes['auto_pad'] = c.auto;
        else attributes['pads'] = pads;
        if (extra === 1 && !auto) {
          attributes['output_shape'] = natural.map((n, a) => Math.max(1, n - (c.pads[a]! % 3)));
          delete attributes['pads'];
        } else if (!c.auto.startsWith('SAME')) attributes['output_padding'] = padding;
        fc.pre(auto || natural.every((n, a) => n + padding[a]! - pads[a]! - pads[a + c.axes]! >= 1));
        const network = networkOf({
          input: [c.batch, c.inputs * c.groups, ...size],
          constants: {
            w: weights([c.inputs * c.groups, c.outputs, ...kernel]),
            b: weights([c.outputs * c.groups], 2),
          },
          nodes: [{ op: 'ConvTranspose', inputs: c.bias ? ['x', 'w', 'b'] : ['x', 'w'], attributes }],
        });
        await checkAgainstRuntime(network, engine, { points: 4 });
      }),
      runs,
    );
  });
});

describe('Average pools, as ONNX Runtime computes them', () => {
  it('AveragePool with ceil_mode, count_include_pad, dilations and automatic padding', async () => {
    const window = fc.record({
      axes: fc.integer({ min: 1, max: 3 }),
      size: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 3, maxLength: 3 }),
      kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
      dilations: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
      pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
      auto: fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
      ceil: fc.integer({ min: 0, max: 1 }),
      countPadding: fc.integer({ min: 0, max: 1 }),
      channels: fc.integer({ min: 1, max: 2 }),
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
        fc.pre(take(c.size).every((size, a) => size >= (kernel[a]! - 1) * dilations[a]! + 1));
        const network = networkOf({
          input: [1, c.channels, ...take(c.size)],
          nodes: [
            {
              op: 'AveragePool',
              inputs: ['x'],
              attributes: {
                kernel_shape: kernel,
                strides: take(c.strides),
                dilations,
                ceil_mode: c.ceil,
                count_include_pad: c.countPadding,
                ...(auto ? { auto_pad: c.auto } : { pads }),
              },
            },
          ],
        });
        await checkAgainstRuntime(network, engine, { points: 4 });
      }),
      { ...runs, numRuns: 60 },
    );
  });

  it.each([[[1, 2, 3]], [[1, 2, 3, 4]], [[2, 1, 2, 3, 2]]])('GlobalAveragePool of %j', async (input) => {
    await checkAgainstRuntime(networkOf({ input, nodes: [{ op: 'GlobalAveragePool', inputs: ['x'] }] }), engine);
  });
});

describe('Dense layers, as ONNX Runtime computes them', () => {
  const gemms: {
    name: string;
    input: number[];
    w: number[];
    c?: number[];
    attributes: Record<string, AttributeValue>;
  }[] = [
    { name: 'plain', input: [1, 4], w: [4, 3], attributes: {} },
    { name: 'a batch of rows', input: [3, 4], w: [4, 3], c: [3], attributes: {} },
    { name: 'transB and bias', input: [2, 4], w: [3, 4], c: [3], attributes: { transB: 1 } },
    {
      name: 'alpha and beta',
      input: [2, 4],
      w: [3, 4],
      c: [2, 1],
      attributes: { transB: 1, alpha: { float: 0.3 }, beta: { float: -1.7 } },
    },
    { name: 'a bias matrix', input: [2, 4], w: [4, 3], c: [2, 3], attributes: { beta: { float: 2 } } },
    { name: 'a scalar bias', input: [2, 4], w: [4, 3], c: [], attributes: {} },
    { name: 'transA of one column', input: [4, 1], w: [4, 3], attributes: { transA: 1 } },
    { name: 'transA of one row', input: [1, 4], w: [1, 3], attributes: { transA: 1 } },
    { name: 'alpha 0', input: [1, 4], w: [4, 3], c: [3], attributes: { alpha: { float: 0 } } },
  ];
  it.each(gemms)('Gemm: $name', async ({ input, w, c, attributes }) => {
    await checkAgainstRuntime(
      networkOf({
        input,
        constants: { w: weights(w), ...(c === undefined ? {} : { c: weights(c, 2) }) },
        nodes: [{ op: 'Gemm', inputs: c === undefined ? ['x', 'w'] : ['x', 'w', 'c'], attributes }],
      }),
      engine,
    );
  });

  const products: [number[], number[]][] = [
    [[4], [4, 3]],
    [
      [2, 4],
      [4, 3],
    ],
    [[2, 4], [4]],
    [
      [2, 3, 4],
      [4, 2],
    ],
    [[2, 3, 4], [4]],
    [[4], [4]],
    [
      [2, 2, 3, 4],
      [4, 3],
    ],
  ];
  it.each(products)('MatMul of %j by a constant %j', async (input, w) => {
    await checkAgainstRuntime(
      networkOf({ input, constants: { w: weights(w) }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'] }] }),
      engine,
    );
  });
  const reversed: [number[], number[]][] = [
    [[3, 4], [4]],
    [
      [3, 4],
      [4, 2],
    ],
    [[4], [4, 2]],
    [[4], [4]],
    [
      [3, 4],
      [2, 4, 5],
    ],
    [[4], [2, 4, 5]],
    [
      [3, 4],
      [2, 2, 4, 2],
    ],
  ];
  it.each(reversed)('MatMul of a constant %j by %j', async (w, input) => {
    await checkAgainstRuntime(
      networkOf({ input, constants: { w: weights(w) }, nodes: [{ op: 'MatMul', inputs: ['w', 'x'] }] }),
      engine,
    );
  });
});

describe('Re-arrangements, as ONNX Runtime computes them', () => {
  const axis = (n: number): AttributeValue => n;
  const cases: {
    name: string;
    input: number[];
    node: Omit<NodeSketch, 'inputs'>;
    more?: Record<string, readonly number[]>;
    opset?: number;
  }[] = [
    { name: 'Identity', input: [2, 3], node: { op: 'Identity' } },
    { name: 'Dropout in inference', input: [2, 3], node: { op: 'Dropout' } },
    { name: 'Flatten', input: [2, 3, 2], node: { op: 'Flatten' } },
    { name: 'Flatten at axis 0', input: [2, 3, 2], node: { op: 'Flatten', attributes: { axis: axis(0) } } },
    { name: 'Flatten at a negative axis', input: [2, 3, 2], node: { op: 'Flatten', attributes: { axis: axis(-1) } } },
    { name: 'Reshape with -1 and 0', input: [2, 3, 4], node: { op: 'Reshape' }, more: { to: [0, -1] } },
    { name: 'Squeeze some', input: [1, 3, 1, 2], node: { op: 'Squeeze' }, more: { axes: [-2] } },
    { name: 'Squeeze all', input: [1, 3, 1, 2], node: { op: 'Squeeze' } },
    {
      name: 'Squeeze by attribute',
      input: [1, 3, 1, 2],
      node: { op: 'Squeeze', attributes: { axes: [0, 2] } },
      opset: 11,
    },
    { name: 'Unsqueeze', input: [3, 2], node: { op: 'Unsqueeze' }, more: { axes: [0, -1] } },
    {
      name: 'Unsqueeze by attribute',
      input: [3, 2],
      node: { op: 'Unsqueeze', attributes: { axes: [1, 3] } },
      opset: 11,
    },
    { name: 'Transpose reversed', input: [2, 3, 4], node: { op: 'Transpose' } },
    { name: 'Transpose', input: [2, 3, 4], node: { op: 'Transpose', attributes: { perm: [1, 2, 0] } } },
    {
      name: 'Slice',
      input: [5, 6],
      node: { op: 'Slice' },
      more: { starts: [1, -4], ends: [4, 99], axes: [0, 1], steps: [2, 1] },
    },
    {
      name: 'Slice backwards',
      input: [5, 6],
      node: { op: 'Slice' },
      more: { starts: [-1, 4], ends: [-99, 0], axes: [1, 0], steps: [-2, -1] },
    },
    {
      name: 'Slice backwards to an inner end',
      input: [7],
      node: { op: 'Slice' },
      more: { starts: [10], ends: [-5], axes: [0], steps: [-2] },
    },
    {
      name: 'Slice by attributes',
      input: [5, 6],
      node: { op: 'Slice', attributes: { starts: [0, -3], ends: [3, 2147483647], axes: [0, 1] } },
      opset: 9,
    },
    {
      name: 'Gather with negative and repeated indices',
      input: [4, 3],
      node: { op: 'Gather' },
      more: { at: [-1, 0, 2, 2, -1] },
    },
    {
      name: 'Gather along an inner axis',
      input: [2, 4, 3],
      node: { op: 'Gather', attributes: { axis: -2 } },
      more: { at: [3, 1] },
    },
    { name: 'Tile', input: [2, 3], node: { op: 'Tile' }, more: { repeats: [2, 3] } },
    { name: 'Tile of three axes', input: [2, 1, 3], node: { op: 'Tile' }, more: { repeats: [1, 4, 2] } },
    { name: 'Expand', input: [3, 1], node: { op: 'Expand' }, more: { to: [2, 1, 4] } },
    { name: 'Expand to a smaller shape', input: [2, 3, 1], node: { op: 'Expand' }, more: { to: [3, 2] } },
    { name: 'DepthToSpace DCR', input: [1, 8, 2, 3], node: { op: 'DepthToSpace', attributes: { blocksize: 2 } } },
    {
      name: 'DepthToSpace CRD',
      input: [2, 8, 2, 3],
      node: { op: 'DepthToSpace', attributes: { blocksize: 2, mode: 'CRD' } },
    },
    { name: 'SpaceToDepth', input: [2, 2, 4, 6], node: { op: 'SpaceToDepth', attributes: { blocksize: 2 } } },
    { name: 'Neg', input: [2, 3], node: { op: 'Neg' } },
  ];
  it.each(cases)('$name', async ({ input, node, more, opset }) => {
    await checkAgainstRuntime(
      networkOf({
        input,
        ...(opset === undefined ? {} : { opset }),
        constants: Object.fromEntries(Object.entries(more ?? {}).map(([name, values]) => [name, ints(values)])),
        nodes: [{ ...node, inputs: ['x', ...Object.keys(more ?? {})] }],
      }),
      engine,
    );
  });

  it('Gather with one index drops the axis', async () => {
    await checkAgainstRuntime(
      networkOf({
        input: [3, 4],
        constants: { at: { shape: [], values: [-2], type: 'int64' } },
        nodes: [{ op: 'Gather', inputs: ['x', 'at'], attributes: { axis: 1 } }],
      }),
      engine,
    );
  });

  const splits: {
    name: string;
    opset: number;
    attributes: Record<string, AttributeValue>;
    sizes?: number[];
    parts: number;
    part: number;
  }[] = [
    { name: 'equal parts', opset: 13, attributes: { axis: 1 }, parts: 3, part: 1 },
    { name: 'num_outputs with a remainder', opset: 18, attributes: { axis: 1, num_outputs: 4 }, parts: 4, part: 3 },
    { name: 'given sizes', opset: 13, attributes: { axis: -1 }, sizes: [1, 3, 2], parts: 3, part: 1 },
    { name: 'sizes by attribute', opset: 11, attributes: { axis: 1, split: [2, 4] }, parts: 2, part: 1 },
  ];
  it.each(splits)('Split into $name', async ({ opset, attributes, sizes, parts, part }) => {
    const outputs = Array.from({ length: parts }, (_, k) => `part ${k}`);
    const width = sizes === undefined && parts === 4 ? 7 : 6;
    await checkAgainstRuntime(
      networkOf({
        opset,
        input: [2, width],
        constants: sizes === undefined ? {} : { sizes: ints(sizes) },
        nodes: [{ op: 'Split', inputs: sizes === undefined ? ['x'] : ['x', 'sizes'], outputs, attributes }],
        output: `part ${part}`,
      }),
      engine,
    );
  });

  it('a chain of Shape, Gather, Concat and Reshape is folded to its sizes', async () => {
    const network = networkOf({
      input: [2, 3, 4],
      constants: { first: { shape: [1], values: [0], type: 'int64' }, rest: ints([-1]) },
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { op: 'Gather', inputs: ['shape', 'first'], outputs: ['batch'] },
        { op: 'Concat', inputs: ['batch', 'rest'], outputs: ['to'], attributes: { axis: 0 } },
        { op: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] },
      ],
    });
    await checkAgainstRuntime(network, engine);
    expect(network.nodes).toHaveLength(4);
  });
});

describe('Padding, as ONNX Runtime computes it', () => {
  const pads: { name: string; pads: number[]; mode: string; value?: number; axes?: number[] }[] = [
    { name: 'zeros', pads: [0, 1, 2, 0, 0, 1], mode: 'constant' },
    { name: 'a value', pads: [0, 1, 2, 0, 0, 1], mode: 'constant', value: 3.5 },
    { name: 'negative', pads: [0, -1, -2, 0, 1, -1], mode: 'constant', value: -1 },
    { name: 'edges', pads: [0, 1, 2, 1, 0, 3], mode: 'edge' },
    { name: 'reflected', pads: [0, 1, 2, 0, 2, 3], mode: 'reflect' },
    { name: 'wrapped', pads: [0, 1, 2, 0, 2, 3], mode: 'wrap' },
    { name: 'two axes only', pads: [1, 2, 0, 1], mode: 'reflect', axes: [-1, 1] },
    { name: 'edges, cropped on one side', pads: [0, -1, 2, 0, 2, -1], mode: 'edge' },
  ];
  it.each(pads)('Pad with $name', async ({ pads: values, mode, value, axes }) => {
    const inputs = ['x', 'pads', value === undefined ? '' : 'value', ...(axes === undefined ? [] : ['axes'])];
    await checkAgainstRuntime(
      networkOf({
        input: [2, 3, 4],
        constants: {
          pads: ints(values),
          ...(value === undefined ? {} : { value: { shape: [], values: [value] } }),
          ...(axes === undefined ? {} : { axes: ints(axes) }),
        },
        nodes: [{ op: 'Pad', inputs: inputs.at(-1) === '' ? inputs.slice(0, -1) : inputs, attributes: { mode } }],
      }),
      engine,
    );
  });

  it('Pad by attributes', async () => {
    await checkAgainstRuntime(
      networkOf({
        opset: 10,
        input: [1, 1, 3, 4],
        nodes: [{ op: 'Pad', inputs: ['x'], attributes: { pads: [0, 0, 1, 0, 0, 0, 0, 2], value: { float: 0.7 } } }],
      }),
      engine,
    );
  });
});

describe('Resizing, as ONNX Runtime computes it', () => {
  const coordinates = ['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'];
  const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
  const sizes = fc.record({
    size: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    to: fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })),
    scale: fc.tuple(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 3, max: 30 })),
    coordinate: fc.constantFrom(...coordinates),
    rounding: fc.constantFrom(...roundings),
    byScale: fc.boolean(),
  });
  it.each(['nearest', 'linear'])('Resize, %s', async (mode) => {
    await fc.assert(
      fc.asyncProperty(sizes, async (c) => {
        const scales = [1, 1, c.scale[0] / 10, c.scale[1] / 10];
        fc.pre(!c.byScale || c.size.every((size, a) => Math.fround(size * Math.fround(scales[a + 2]!)) >= 1));
        const network = networkOf({
          input: [1, 1, ...c.size],
          constants: {
            scales: { shape: [4], values: scales },
            sizes: ints([1, 1, ...c.to]),
          },
          nodes: [
            {
              op: 'Resize',
              inputs: c.byScale ? ['x', '', 'scales'] : ['x', '', '', 'sizes'],
              attributes: { mode, coordinate_transformation_mode: c.coordinate, nearest_mode: c.rounding },
            },
          ],
        });
        await checkAgainstRuntime(network, engine, { points: 4, tolerance: 2e-5 });
      }),
      { ...runs, numRuns: 120 },
    );
  });

  it.each([
    ['nearest', [1, 1, 2, 3]],
    ['linear', [1, 1, 2, 2]],
    ['nearest', [1, 1, 1.5, 2.7]],
  ])('Upsample, %s, by %j', async (mode, scales) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 9,
        input: [1, 2, 3, 4],
        constants: { scales: { shape: [4], values: scales } },
        nodes: [{ op: 'Upsample', inputs: ['x', 'scales'], attributes: { mode: mode } }],
      }),
      engine,
    );
  });

  it.each([
    ['nearest', [1, 1, 2, 3]],
    ['nearest', [1, 1, 0.6, 0.5]],
    ['linear', [1, 1, 2, 0.5]],
  ])('Resize of operator set 10, %s, by %j', async (mode, scales) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 10,
        input: [1, 2, 5, 6],
        constants: { scales: { shape: [4], values: scales } },
        nodes: [{ op: 'Resize', inputs: ['x', 'scales'], attributes: { mode: mode } }],
      }),
      engine,
    );
  });
});

describe('Linear reductions, as ONNX Runtime computes them', () => {
  it.each(['ReduceMean', 'ReduceSum'])('%s over any axes', async (op) => {
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
      );
  });

  it.each(['ReduceMean', 'ReduceSum'])('%s with axes by attribute', async (op) => {
    await checkAgainstRuntime(
      networkOf({
        opset: 11,
        input: [2, 3, 4],
        nodes: [{ op, inputs: ['x'], attributes: { axes: [1, -1], keepdims: 0 } }],
      }),
      engine,
    );
  });
});

describe('Normalisation with constants, as ONNX Runtime computes it', () => {
  it.each([[[2, 3]], [[1, 3, 4]], [[2, 3, 2, 2]]])('BatchNormalization of %j', async (input) => {
    await checkAgainstRuntime(
      networkOf({
        input,
        constants: {
          scale: weights([3]),
          bias: weights([3], 2),
          mean: weights([3], 3),
          variance: { shape: [3], values: [0.2, 1.5, 0.001] },
        },
        nodes: [
          {
            op: 'BatchNormalization',
            inputs: ['x', 'scale', 'bias', 'mean', 'variance'],
            attributes: { epsilon: { float: 1e-3 } },
          },
        ],
      }),
      engine,
    );
  });
});
