import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { ints, networkOf, type AttributeValue, type NodeSketch } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

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
