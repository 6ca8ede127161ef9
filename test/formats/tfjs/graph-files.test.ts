import { expect, test } from 'vitest';
import { readModel } from '../../../core/formats/index.ts';
import type { Json, JsonObject } from '../../../core/formats/json.ts';
import { farthest, run, sampleInput } from '../run-network.ts';

type Item = { name: string; op: string; input?: string[]; attr?: JsonObject };

/** A graph model with these operations; weights are float32, or int32 where whole numbers are given as such. */
function modelFile(nodes: readonly Item[], weights: Readonly<Record<string, Weight>> = {}, more: JsonObject = {}) {
  const entries = Object.entries(weights);
  const bytes = Buffer.concat(entries.map(([, { data }]) => Buffer.from(data.buffer)));
  const json = JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      node: [...nodes, ...entries.map(([name]) => ({ name, op: 'Const' }))],
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: entries.map(([name, { shape, data }]) => ({
          name,
          shape,
          dtype: data instanceof Int32Array ? 'int32' : 'float32',
        })),
      },
    ],
    ...more,
  });
  const source = (name: string, content: Buffer) => ({
    name,
    size: content.length,
    read: (offset: number, length: number) => new Uint8Array(content.subarray(offset, offset + length)),
  });
  return { source: source('model.json', Buffer.from(json)), companion: (path: string) => source(path, bytes) };
}

interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const text = (value: string): Json => ({ s: Buffer.from(value).toString('base64') });
const integers = (...values: number[]): Json => ({ list: { i: values.map(String) } });
const sized = (...sizes: number[]): Json => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } });
const input = (...sizes: number[]): Item => ({
  name: 'x',
  op: 'Placeholder',
  attr: { dtype: { type: 'DT_FLOAT' }, shape: sized(...sizes) },
});

const kernel: Weight = { shape: [3, 2, 2, 4], data: sampleInput([3, 2, 2, 4], 3) };
const bias: Weight = { shape: [4], data: sampleInput([4], 1) };

/** Convolution, bias, batch normalisation and pooling in either order of axes. */
function layers(format: 'NHWC' | 'NCHW') {
  const order = (...spatial: number[]): Json =>
    format === 'NHWC' ? integers(1, ...spatial, 1) : integers(1, 1, ...spatial);
  const layout = { data_format: text(format), padding: text('SAME') };
  return modelFile(
    [
      format === 'NHWC' ? input(-1, 7, 6, 2) : input(-1, 2, 7, 6),
      { name: 'conv', op: 'Conv2D', input: ['x', 'kernel'], attr: { ...layout, strides: order(2, 1) } },
      { name: 'biased', op: 'BiasAdd', input: ['conv', 'bias'], attr: layout },
      {
        name: 'norm',
        op: 'FusedBatchNormV3',
        input: ['biased', 'scale', 'bias', 'mean', 'variance'],
        attr: { ...layout, epsilon: { f: 0.01 }, is_training: { b: false } },
      },
      {
        name: 'pool',
        op: 'MaxPool',
        input: ['norm'],
        attr: { ...layout, ksize: order(2, 3), strides: order(1, 2) },
      },
    ],
    {
      kernel,
      bias,
      scale: { shape: [4], data: Float32Array.of(1, 0.5, 2, -1) },
      mean: bias,
      variance: { shape: [4], data: Float32Array.of(1, 2, 0.5, 1) },
    },
  );
}

test('channels may stand second (NCHW)', async () => {
  const image = sampleInput([1, 7, 6, 2], 0);
  const turned = Float32Array.from({ length: image.length }, (_, i) => image[(i % 42) * 2 + Math.floor(i / 42)]!);
  const [last] = await run(readModel(layers('NHWC')), [image], [[1, 7, 6, 2]]);
  const [second] = await run(readModel(layers('NCHW')), [turned], [[1, 2, 7, 6]]);
  const places = last!.length / 4;
  const back = Float32Array.from(last!, (_, i) => second![(i % 4) * places + Math.floor(i / 4)]!);
  expect(farthest(back, last!)).toBeLessThan(1e-6);
});

test('control flow is named, and what stands beside it keeps its layers', () => {
  const network = readModel(
    modelFile(
      [
        input(-1, 3),
        { name: 'product', op: 'MatMul', input: ['x', 'w'] },
        { name: 'loop', op: 'StatelessWhile', input: ['product', 'w'] },
        { name: 'after', op: 'MatMul', input: ['loop:1', 'w'] },
      ],
      { w: { shape: [3, 3], data: sampleInput([3, 3], 0) } },
    ),
  );
  expect(network.nodes.map(({ op }) => op)).toEqual(['MatMul', 'StatelessWhile', 'MatMul']);
  expect(network.nodes[1]!.origin.untranslated).toMatch(/control flow: a loop/u);
});

test('the loops of TensorFlow 1, whose graph goes in a circle, are named as well', () => {
  const network = readModel(
    modelFile([
      input(-1, 3),
      { name: 'enter', op: 'Enter', input: ['x'] },
      { name: 'merge', op: 'Merge', input: ['enter', 'next'] },
      { name: 'next', op: 'NextIteration', input: ['merge'] },
      { name: 'exit', op: 'Exit', input: ['merge'] },
    ]),
  );
  expect(network.nodes.every(({ origin }) => origin.untranslated?.includes('control flow'))).toBe(true);
});

const add = (name: string, ...inputs: string[]): Item => ({ name, op: 'AddV2', input: inputs });

test.each([
  ['a circle', modelFile([input(-1, 3), add('a', 'x', 'b'), add('b', 'a', 'x')]), /no outputs/u],
  [
    'a circle before the output',
    modelFile([input(3), add('a', 'x', 'b'), add('b', 'a', 'x'), add('c', 'b', 'x')]),
    /cycle/u,
  ],
  ['an operation that is not there', modelFile([input(3), add('a', 'x', 'lost')]), /nothing in it makes "lost"/u],
  ['two operations of one name', modelFile([input(3), input(3)]), /names two operations "x"/u],
  ['an operation without inputs', modelFile([{ name: 'a', op: 'Relu' }]), /has only 0 inputs/u],
  [
    'weights that are not there',
    modelFile([input(3), { name: 'w', op: 'Const' }, add('a', 'x', 'w')]),
    /holds no numbers for "w"/u,
  ],
  [
    'a signature of something else',
    modelFile([input(3), add('a', 'x', 'x')], {}, { signature: { outputs: { y: { name: 'z:0' } } } }),
    /signature names "z"/u,
  ],
])('%s is refused with one sentence', (_, file, sentence) => {
  expect(() => readModel(file)).toThrow(sentence);
});

/** Found by `npm run bench -- formats`. */
test.each<[why: string, nodes: readonly Item[], weights: Readonly<Record<string, Weight>>, reason: RegExp]>([
  [
    'a shape that its numbers do not fill',
    [input(3), { name: 'r', op: 'Reshape', input: ['w', 's'] }, { name: 'y', op: 'MatMul', input: ['r', 'r'] }],
    { w: { shape: [4], data: bias.data }, s: { shape: [2], data: Int32Array.of(1, 2) } },
    /do not fill the shape \[1, 2\]/u,
  ],
  [
    'a size of one number for an image',
    [input(1, 4, 4, 2), { name: 'y', op: 'ResizeBilinear', input: ['x', 's'] }],
    { s: { shape: [1], data: Int32Array.of(8) } },
    /height and a width/u,
  ],
  [
    'blocks that are no whole numbers',
    [input(1, 4, 4, 2), { name: 'y', op: 'SpaceToBatchND', input: ['x', 'b', 'p'] }],
    {
      b: { shape: [2], data: Float32Array.of(1.5, 1) },
      p: { shape: [2, 2], data: Int32Array.of(0, 0, 0, 0) },
    },
    /multiples of the block|whole numbers/u,
  ],
  [
    'margins for too few axes',
    [input(1, 4, 4, 2), { name: 'y', op: 'SpaceToBatchND', input: ['x', 'b', 'p'] }],
    { b: { shape: [2], data: Int32Array.of(2, 2) }, p: { shape: [1, 2], data: Int32Array.of(0, 0) } },
    /margins for/u,
  ],
  [
    'strides that are no numbers, within blocks',
    [
      input(1, 4, 4, 2),
      { name: 'a', op: 'SpaceToBatchND', input: ['x', 'b', 'p'] },
      { name: 'c', op: 'Conv2D', input: ['a', 'k'], attr: { padding: text('VALID'), strides: { list: { i: ['x'] } } } },
      { name: 'y', op: 'BatchToSpaceND', input: ['c', 'b', 'p'] },
    ],
    {
      b: { shape: [2], data: Int32Array.of(2, 2) },
      p: { shape: [2, 2], data: Int32Array.of(0, 0, 0, 0) },
      k: kernel,
    },
    /strides are no whole numbers/u,
  ],
  [
    'an axis of 2^31, whose places a reflection lists,',
    [
      input(-1, 5, 2 ** 31, 2),
      { name: 'mirrored', op: 'MirrorPad', input: ['x', 'p'], attr: { mode: text('SYMMETRIC') } },
    ],
    { p: { shape: [4, 2], data: Int32Array.of(0, 0, 1, 2, 1, 2, 0, 0) } },
    /more than are listed/u,
  ],
])('%s is named', (_, nodes, weights, reason) => {
  const network = readModel(modelFile(nodes, weights));
  expect(network.nodes.flatMap(({ origin }) => origin.untranslated ?? []).join()).toMatch(reason);
});

test.each(['__proto__', 'constructor', 'toString'])('numbers of the type "%s" are refused', (dtype) => {
  const file = modelFile([input(3), add('a', 'x', 'w')], { w: { shape: [3], data: new Float32Array(3) } });
  const json = new TextDecoder().decode(file.source.read(0, file.source.size)).replace('"float32"', `"${dtype}"`);
  const bytes = new TextEncoder().encode(json);
  const source = {
    ...file.source,
    size: bytes.length,
    read: (offset: number, length: number) => bytes.slice(offset, offset + length),
  };
  expect(() => readModel({ ...file, source })).toThrow(/which is not read/u);
});

test('axes and sizes that only the run would know are named', () => {
  const network = readModel(
    modelFile([
      input(-1, 3),
      { name: 'sum', op: 'Sum', input: ['x', 'axes'] },
      { name: 'axes', op: 'Cast', input: ['x'] },
    ]),
  );
  expect(network.nodes.at(-1)!.origin.untranslated).toMatch(/axes is not fixed/u);
});
