import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { textsOf } from '../../../core/formats/onnx/tensor.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import type { Attribute, Network, Node } from '../../../core/network/network.ts';
import { numbersOf, tensorOfNumbers } from '../../../core/network/tensor.ts';
import { UserError } from '../../../core/sentence.ts';

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node => ({
  id: `my ${op}`,
  op,
  domain: '',
  inputs,
  outputs,
  attributes: new Map(Object.entries(attributes)),
  origin: {},
});

const network = (nodes: readonly Node[], more: Partial<Network> = {}): Network => ({
  format: 'onnx',
  opset: 17,
  nodes,
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2, null] }],
  outputs: [{ name: 'y', type: 'float32', shape: null }],
  constants: new Map(),
  types: new Map(),
  ...more,
});

const again = (written: Network): Network => readModel(modelInMemory('m.onnx', writeOnnx(written)));

test('attributes of every kind come back, the extremes of int64 among them', () => {
  const attributes: Readonly<Record<string, Attribute>> = {
    f: { kind: 'float', value: 0.25 },
    i: { kind: 'int', value: -7 },
    most: { kind: 'int', value: 2 ** 63 },
    least: { kind: 'int', value: -(2 ** 63) },
    exact: { kind: 'int', value: Number.MAX_SAFE_INTEGER },
    s: { kind: 'string', value: 'größer' },
    floats: { kind: 'floats', value: [1, -0.5] },
    ints: { kind: 'ints', value: [0, -1, 2 ** 63] },
    strings: { kind: 'strings', value: ['', 'a'] },
    none: { kind: 'ints', value: [] },
  };
  const [first] = again(network([node('Any', ['x'], ['y'], attributes)])).nodes;
  expect(Object.fromEntries(first!.attributes)).toEqual(attributes);
});

test('the largest int64 is not written as the smallest', () => {
  const bytes = writeOnnx(network([node('Any', ['x'], ['y'], { end: { kind: 'int', value: 2 ** 63 } })]));
  const hexadecimal = Buffer.from(bytes).toString('hex');
  // field 3, then 2^63 - 1 as nine groups of seven bits
  expect(hexadecimal).toContain('18ffffffffffffffff7f');
});

test('tensors come back as attributes and as constants', () => {
  const value = tensorOfNumbers('t', [2], [1, -2], 'int64');
  const weights = tensorOfNumbers('w', [1, 2], [0.5, 3], 'float64');
  const result = again(
    network([node('Any', ['x', 'w'], ['y'], { value: { kind: 'tensor', value } })], {
      constants: new Map([['w', weights]]),
    }),
  );
  const attribute = result.nodes[0]?.attributes.get('value');
  expect(attribute?.kind === 'tensor' && [...numbersOf(attribute.value)]).toEqual([1, -2]);
  expect(result.constants.get('w')).toMatchObject({ type: 'float64', shape: [1, 2] });
  expect([...numbersOf(result.constants.get('w')!)]).toEqual([0.5, 3]);
});

test('texts come back from a constant', () => {
  const texts = ['', 'zwei'].map((text) => new TextEncoder().encode(text));
  const bytes = Uint8Array.from(texts.flatMap((text) => [text.length, 0, 0, 0, ...text]));
  const words = { name: 'w', type: 'string' as const, shape: [2], bytes: () => bytes };
  const result = again(network([node('Any', ['x', 'w'], ['y'])], { constants: new Map([['w', words]]) }));
  expect(textsOf(result.constants.get('w')!)).toEqual(texts);
});

test('absent inputs, sizes with symbols and foreign domains come back', () => {
  const foreign = { ...node('Swish', ['h'], ['y']), domain: 'com.example' };
  const result = again(network([node('Clip', ['x', '', 'x'], ['h']), foreign]));
  expect(result.nodes[0]?.inputs).toEqual(['x', '', 'x']);
  expect(result.nodes.map(({ id, domain }) => [id, domain])).toEqual([
    ['my Clip', ''],
    ['my Swish', 'com.example'],
  ]);
  expect(result.inputs[0]?.shape).toEqual(['batch', 2, null]);
  expect(result.outputs[0]?.shape).toBeNull();
});

test('constants that nobody uses are left out', () => {
  const constants = new Map([['w', tensorOfNumbers('w', [1], [1], 'float32')]]);
  expect(again(network([node('Relu', ['x'], ['y'])], { constants })).constants.size).toBe(0);
});

test('further outputs are added once', () => {
  const result = again(network([node('Tanh', ['x'], ['h']), node('Relu', ['h'], ['y'])]));
  const bytes = writeOnnx(result, ['h', 'y', 'h']);
  expect(readModel(modelInMemory('m.onnx', bytes)).outputs.map((value) => value.name)).toEqual(['y', 'h']);
});

test('ONNX Runtime gives tensors in between as further outputs, though their types are not declared', async () => {
  const written = network([node('Neg', ['x'], ['h']), node('Relu', ['h'], ['y'])]);
  const session = await ort.InferenceSession.create(writeOnnx(written, ['h']), { executionProviders: ['cpu'] });
  const { h, y } = await session.run({ x: new ort.Tensor('float32', [1, -2], [1, 2, 1]) });
  await session.release();
  expect([...(h!.data as Float32Array)]).toEqual([-1, 2]);
  expect([...(y!.data as Float32Array)]).toEqual([0, 2]);
});

test('a node with an attribute that is not understood is named as what cannot be run', () => {
  const branch: Attribute = { kind: 'opaque', what: 'a list of types' };
  expect(() => writeOnnx(network([node('If', ['x'], ['y'], { then_branch: branch })]))).toThrow(
    new UserError(
      'Node "my If" (If) cannot be run: its attribute "then_branch" is a list of types, which is not understood yet.',
    ),
  );
});
