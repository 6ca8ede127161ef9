import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelInMemory, openModelFile } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { UserError } from '../../core/sentence.ts';
import * as onnx from './onnx/model-bytes.ts';

const relu = onnx.node('Relu', ['x'], ['y']);
const plain = onnx.model(relu, onnx.floatInitializer('w', [2], [1, 2]));
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const withTensor = (name: string, dims: readonly (number | bigint)[], type: number, ...values: (readonly number[])[]) =>
  onnx.model(relu, onnx.initializer(onnx.tensor(name, dims, type, ...values)));
const inside = (...parts: (readonly number[])[]): Uint8Array =>
  onnx.file(onnx.ir(8), onnx.opset(17), onnx.graph(...parts));
const x = onnx.input('x', [1, 2]);
const y = onnx.output('y', [1, 2]);

/** What is in the file m.onnx, and the one sentence that the user must read. */
const corpus: Readonly<Record<string, readonly [bytes: Uint8Array, sentence: string]>> = {
  empty: [new Uint8Array(0), 'm.onnx is empty: it was not written or copied completely.'],
  text: [ascii('Hello, this is not a network.\n'), 'm.onnx is text, not a model.'],
  'text that begins like a field of ONNX': [ascii('B is for banana, : is for graph'), 'm.onnx is text, not a model.'],
  JSON: [ascii('\n{ "class_name": "Sequential" }'), 'm.onnx is JSON text, not a model.'],
  'Git LFS pointer': [
    ascii('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
    'm.onnx is only a Git LFS pointer to the model: fetch the model itself with "git lfs pull".',
  ],
  'zip archive': [
    latin1('PK\x03\x04\x00\x00\x08\x08'),
    'm.onnx is a zip archive that is cut off: the list of its entries, which ends it, is missing: copy or save it again.',
  ],
  HDF5: [
    latin1('\x89HDF\r\n\x1a\n\0\0'),
    'm.onnx is an HDF5 file that refers to places after its end, so it is cut off or damaged: copy or save it again.',
  ],
  pickle: [
    latin1('\x80\x02\x8a\x0a'),
    'm.onnx is a Python pickle, but not one that torch.save wrote, so it is not read: save model.state_dict() with torch.save.',
  ],
  safetensors: [latin1('\x08\0\0\0\0\0\0\0{"a":{}}'), 'The tensor "a" of m.onnx has no type: the file is damaged.'],
  gzip: [latin1('\x1f\x8b\x08\0\0\0'), 'm.onnx is compressed with gzip: unpack it first.'],
  'NumPy array': [latin1('\x93NUMPY\x01\0'), 'm.onnx is a NumPy array, not a model.'],
  'wrong magic': [
    latin1('\xde\xad\xbe\xef\0\x01\x02\x03\x04'),
    'm.onnx is in no format that can be read (ONNX, PyTorch, safetensors, Keras, TensorFlow.js); it begins with the bytes de ad be ef 00 01 02 03.',
  ],
  'TensorFlow SavedModel': [
    onnx.file(
      onnx.number(1, 1),
      onnx.block(
        2,
        Array.from({ length: 3000 }, () => 10),
      ),
    ),
    'm.onnx is in no format that can be read (ONNX, PyTorch, safetensors, Keras, TensorFlow.js); it begins with the bytes 08 01 12 b8 17 0a 0a 0a.',
  ],
  truncated: [
    plain.subarray(0, plain.length - 10),
    `m.onnx is cut off or damaged: the graph should take ${plain.length - 10} bytes from byte 10, but the file ends at byte ${plain.length - 10}. Copy or export it again.`,
  ],
  'truncated before the graph': [
    plain.subarray(0, 2),
    'm.onnx holds no graph: it is cut off, or not an ONNX model. Export it again.',
  ],
  'length beyond the file': [
    onnx.file(onnx.ir(8), onnx.varint(7 * 8 + 2), onnx.varint(2n ** 62n)),
    'm.onnx is cut off or damaged: the graph should take 4.6e+18 bytes from byte 12, but the file ends at byte 12. Copy or export it again.',
  ],
  'length beyond its part': [
    onnx.file(onnx.ir(8), onnx.graph(onnx.varint(1 * 8 + 2), onnx.varint(100)), onnx.text(6, ' '.repeat(200))),
    'm.onnx is damaged: node 1 of the graph should take 100 bytes from byte 6, but the graph ends at byte 6. Copy or export it again.',
  ],
  'a number that never ends': [
    onnx.file(
      onnx.ir(8),
      onnx.graph(
        onnx.block(
          1,
          Array.from({ length: 40 }, () => 0xff),
        ),
      ),
    ),
    'm.onnx is damaged: what stands at byte 16 makes no sense in node 1 of the graph. Copy or export it again.',
  ],
  'two graphs': [
    onnx.file(onnx.ir(8), onnx.opset(17), onnx.graph(relu), onnx.graph(relu)),
    'm.onnx is damaged: it holds two graphs. Export it again.',
  ],
  'no operator set': [
    onnx.file(onnx.ir(8), onnx.graph(relu, x, y)),
    'm.onnx does not say which version of the ONNX operators it is written in (opset_import): export it again.',
  ],
  'cyclic graph': [
    onnx.model(
      onnx.node('Add', ['x', 'b'], ['a'], onnx.named('one')),
      onnx.node('Relu', ['a'], ['b'], onnx.named('two')),
      onnx.node('Relu', ['b'], ['y'], onnx.named('three')),
    ),
    'm.onnx has a cycle: node "one" (Add) needs, through others, its own output.',
  ],
  'a node that feeds itself': [
    onnx.model(onnx.node('Add', ['x', 'y'], ['y'], onnx.named('self'))),
    'm.onnx has a cycle: node "self" (Add) needs, through others, its own output.',
  ],
  'two producers of one tensor': [
    onnx.model(relu, onnx.node('Tanh', ['x'], ['y'])),
    'm.onnx defines the tensor "y" twice, so its meaning is not clear: export it again.',
  ],
  'two initializers of one name': [
    onnx.model(relu, onnx.floatInitializer('w', [1], [1]), onnx.floatInitializer('w', [1], [2])),
    'm.onnx defines the tensor "w" twice, so its meaning is not clear: export it again.',
  ],
  'a node that overwrites an input': [
    onnx.model(relu, onnx.node('Relu', ['y'], ['x'])),
    'm.onnx defines the tensor "x" twice, so its meaning is not clear: export it again.',
  ],
  'initializer without a name': [
    onnx.model(relu, onnx.floatInitializer('', [1], [1])),
    'm.onnx has an initializer without a name: export it again.',
  ],
  'missing initializer': [
    onnx.model(onnx.node('MatMul', ['x', 'w'], ['y'], onnx.named('fc1'))),
    'm.onnx is incomplete: node "fc1" (MatMul) needs "w", but no node, input or initializer provides it. Export it again.',
  ],
  'missing output': [
    inside(x, y, onnx.node('Relu', ['x'], ['h'])),
    'm.onnx is incomplete: no node, input or initializer provides its output "y". Export it again.',
  ],
  'no outputs': [inside(x, relu), 'm.onnx names no outputs, so there is nothing to inspect.'],
  'node without operator': [
    onnx.model(onnx.block(1, onnx.text(1, 'x'), onnx.named('n'))),
    'm.onnx is damaged: node "n" does not say its operator.',
  ],
  'dims that disagree with raw bytes': [
    withTensor('w', [3, 4], 1, onnx.raw(onnx.floats(1, 2))),
    'Tensor "w" of m.onnx declares 12 elements (float32 [3, 4]), which take 48 bytes, but holds 8 bytes: export it again.',
  ],
  'dims that disagree with the list of numbers': [
    withTensor('w', [3], 7, onnx.block(7, [1, 2])),
    'Tensor "w" of m.onnx declares 3 elements (int64 [3]), but holds 2: export it again.',
  ],
  'weights left out': [
    withTensor('w', [3], 1),
    'Tensor "w" of m.onnx declares 3 elements (float32 [3]), but holds 0: export it again.',
  ],
  '2^62 elements': [
    withTensor('w', [2n ** 31n, 2n ** 31n], 1, onnx.raw(onnx.floats(1, 2))),
    'Tensor "w" of m.onnx declares 4.6e+18 elements (float32 [2147483648, 2147483648]), which take 1.8e+19 bytes, but holds 8 bytes: export it again.',
  ],
  'sizes whose product overflows': [
    withTensor('w', [...Array.from({ length: 20 }, () => 2n ** 62n), 0], 1),
    `Tensor "w" of m.onnx declares the impossible shape [${'4.6e+18, '.repeat(20)}0]: the file is damaged.`,
  ],
  'a negative size': [
    withTensor('w', [-1], 1),
    'Tensor "w" of m.onnx declares the impossible shape [-1]: the file is damaged.',
  ],
  'a thousand axes': [
    withTensor(
      'w',
      Array.from({ length: 1000 }, () => 1),
      1,
    ),
    'Tensor "w" of m.onnx declares 1000 axes, more than any real tensor has: the file is damaged.',
  ],
  'numbers of a foreign type': [
    withTensor('w', [1], 23, onnx.raw([0])),
    'Tensor "w" of m.onnx holds numbers of the type float4e2m1, which is not read yet.',
  ],
  'sparse weights': [
    onnx.model(relu, onnx.block(15, [])),
    'The sparse tensor "" of m.onnx has no numbers: export it again.',
  ],
  'sparse constant': [
    onnx.model(onnx.node('Constant', [], ['c'], onnx.attribute('sparse_value', 11)), relu),
    'm.onnx has a Constant node for "c" whose value is missing or of a kind that is not read.',
  ],
  'zero-size input': [
    inside(relu, onnx.input('x', ['batch', 0]), y),
    'Input "x" of m.onnx has an axis of size 0 (its shape is [batch, 0]): export it with its real size.',
  ],
  'huge input': [
    inside(relu, onnx.input('x', [2n ** 62n]), y),
    'Input "x" of m.onnx declares a shape larger than any memory: the file is damaged.',
  ],
  'input that is a sequence': [
    inside(relu, onnx.block(11, onnx.text(1, 'x'), onnx.block(2, onnx.block(4, []))), y),
    'Input "x" of m.onnx is a sequence, not a tensor; such models are not read yet.',
  ],
  'names with control characters': [
    onnx.model(onnx.node('Relu', ['\u001b[31mred'], ['y'], onnx.named('n\n'))),
    'm.onnx is incomplete: node "n\\n" (Relu) needs "\\u001b[31mred", but no node, input or initializer provides it. Export it again.',
  ],
  'weights in another file of a model that is no file': [
    withTensor('w', [1], 1, onnx.elsewhere({ location: 'w.bin' })),
    'm.onnx keeps weights in "w.bin", which cannot be opened because the model is not a file on disk.',
  ],
};

test.each(Object.entries(corpus))('%s', (_, [bytes, sentence]) => {
  expect(() => readModel(modelInMemory('m.onnx', bytes))).toThrow(new UserError(sentence));
});

describe('weights in other files', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'external-'));
    mkdirSync(join(root, 'model/sub'), { recursive: true });
    writeFileSync(join(root, 'secret.bin'), Uint8Array.from(onnx.floats(1, 2)));
    writeFileSync(join(root, 'model/w.bin'), Uint8Array.from(onnx.floats(0, 1, 2)));
    symlinkSync('../secret.bin', join(root, 'model/link.bin'));
    symlinkSync('..', join(root, 'model/up'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const read = (entries: Readonly<Record<string, string>>) => {
    const path = join(root, 'model/m.onnx');
    writeFileSync(path, withTensor('w', [2], 1, onnx.elsewhere(entries)));
    using file = openModelFile(path);
    return [...(readModel(file).constants.get('w')?.bytes() ?? [])];
  };

  test('are read from where the model says', () => {
    expect(read({ location: 'w.bin', offset: '4', length: '8' })).toEqual([...onnx.floats(1, 2)]);
    expect(read({ location: 'sub/../w.bin', offset: '4' })).toEqual([...onnx.floats(1, 2)]);
  });

  const keeps = (location: string): string => `m.onnx keeps weights in ${JSON.stringify(location)}, `;
  const outside = 'outside the folder of the model: put the file beside the model and correct its location.';
  const absolute = 'an absolute path; only files in the folder of the model are opened.';
  const linked = 'a link to a place outside the folder of the model: copy the file itself there.';
  test.each([
    [{ location: 'gone.bin' }, `${keeps('gone.bin')}but that file is missing: put it beside the model.`],
    [{ location: '../secret.bin' }, keeps('../secret.bin') + outside],
    [{ location: 'sub/../../secret.bin' }, keeps('sub/../../secret.bin') + outside],
    [{ location: '..\\secret.bin' }, keeps('..\\secret.bin') + outside],
    [{ location: '../../etc/passwd' }, keeps('../../etc/passwd') + outside],
    [{ location: '/etc/passwd' }, keeps('/etc/passwd') + absolute],
    [{ location: 'C:\\secret.bin' }, keeps('C:\\secret.bin') + absolute],
    [{ location: 'link.bin' }, keeps('link.bin') + linked],
    [{ location: 'up/secret.bin' }, keeps('up/secret.bin') + linked],
    [{ location: 'w\0.bin' }, `${keeps('w\0.bin')}which is not a file name: export the model again.`],
    [{ location: 'sub' }, `${keeps('sub')}which is not an ordinary file: export the model again.`],
    [{}, 'Tensor "w" of m.onnx is said to be in another file, but the file is not named.'],
    [
      { location: 'w.bin', offset: '8' },
      'Tensor "w" of m.onnx should be bytes 8 to 16 of "w.bin", but that file has only 12: copy it again.',
    ],
    [
      { location: 'w.bin', length: '4' },
      'Tensor "w" of m.onnx needs 8 bytes, but 4 are set aside for it in "w.bin": export it again.',
    ],
    [
      { location: 'w.bin', offset: '-4' },
      'Tensor "w" of m.onnx is in another file at the impossible offset "-4": the file is damaged.',
    ],
  ] as const)('%j is refused', (entries, sentence) => {
    expect(() => read(entries)).toThrow(new UserError(sentence));
  });
});

test('subgraphs that nest without end are passed over from some depth on', () => {
  let nest: readonly number[] = [];
  // Each level is a graph that holds a node that holds an attribute that holds the next graph.
  for (let depth = 0; depth < 300; depth++)
    nest = onnx.block(6, onnx.node('If', ['x'], [`y${depth}`], onnx.block(5, nest, onnx.number(20, 5))));
  const bytes = onnx.model(onnx.node('If', ['x'], ['y'], onnx.attribute('then_branch', 5, nest)));
  let [node] = readModel(modelInMemory('m.onnx', bytes)).nodes;
  let depth = 0;
  for (; node !== undefined; depth++) {
    const [attribute] = node.attributes.values();
    node = attribute?.kind === 'graph' ? attribute.value.nodes[0] : undefined;
  }
  expect(depth).toBeLessThan(20);
});

test('a file of nothing but tiny parts is refused before it fills the memory', () => {
  const length = 8_000_000;
  const graph = new Uint8Array(length);
  for (let at = 0; at < length; at += 2) graph[at] = 13 * 8 + 2;
  const bytes = Uint8Array.from([...onnx.ir(8), ...onnx.varint(7 * 8 + 2), ...onnx.varint(length)]);
  const whole = new Uint8Array(bytes.length + length);
  whole.set(bytes);
  whole.set(graph, bytes.length);
  expect(() => readModel(modelInMemory('m.onnx', whole))).toThrow(
    new UserError(
      'm.onnx describes more nodes, names and attributes than can be held in memory (512 MB); it is hardly a trained network.',
    ),
  );
});
