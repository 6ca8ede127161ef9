import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileSource, memorySource, openModelFile } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { numbersOf } from '../../core/network/tensor.ts';
import { UserError } from '../../core/sentence.ts';
import * as onnx from './onnx/model-bytes.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bytes-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a range of a file is read, and one beyond its end is refused', () => {
  const path = join(folder, 'a.bin');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 4));
  using source = fileSource(path);
  expect(source.size).toBe(4);
  expect([...source.read(1, 2)]).toEqual([2, 3]);
  expect(() => source.read(3, 2)).toThrow(
    new UserError('a.bin is too short: 2 bytes are needed from byte 3, but it has only 4.'),
  );
});

test('a range is read into the room that is given where it fits, and else into memory of its own', () => {
  const path = join(folder, 'b.bin');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 4));
  using source = fileSource(path);
  const room = new Uint8Array(2);
  expect([...source.read(2, 2, room)]).toEqual([3, 4]);
  expect([...room]).toEqual([3, 4]);
  expect([...source.read(0, 3, room)]).toEqual([1, 2, 3]);
  expect([...room]).toEqual([3, 4]);
});

test('bytes in memory are copied, so that any typed array fits over them', () => {
  const bytes = Uint8Array.of(9, 0, 0, 128, 63);
  const read = memorySource('m', bytes).read(1, 4);
  expect(new Float32Array(read.buffer)[0]).toBe(1);
  read[0] = 1;
  expect(bytes[1]).toBe(0);
});

test('what cannot be opened is named with the reason', () => {
  mkdirSync(join(folder, 'model.onnx'));
  expect(() => openModelFile(join(folder, 'model.onnx'))).toThrow(
    new UserError('model.onnx is a folder, not a model file.'),
  );
  expect(() => openModelFile(join(folder, 'gone.onnx'))).toThrow(
    new UserError('gone.onnx cannot be opened: there is no such file.'),
  );
});

test('a file that is written to while it is read ends the reading, for old and new numbers would mix', () => {
  const path = join(folder, 'written.bin');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 4));
  using source = fileSource(path);
  expect([...source.read(0, 2)]).toEqual([1, 2]);
  writeFileSync(path, Uint8Array.of(5, 6, 7, 8));
  utimesSync(path, 1, 1);
  expect(() => source.read(2, 2)).toThrow(
    new UserError('written.bin was changed while it was being read: inspect it again.'),
  );
});

test('a model that is replaced by another file is still read as it was, but for the weights in files beside it', () => {
  const path = join(folder, 'replaced.onnx');
  const weights = join(folder, 'replaced.bin');
  const replace = (at: string, bytes: Uint8Array): void => {
    writeFileSync(`${at}.new`, bytes);
    renameSync(`${at}.new`, at);
  };
  const tensor = onnx.tensor('w', [2], 1, onnx.elsewhere({ location: 'replaced.bin' }));
  const bytes = onnx.model(onnx.node('Add', ['x', 'w'], ['y']), onnx.initializer(tensor));
  writeFileSync(path, bytes);
  writeFileSync(weights, Uint8Array.from(onnx.floats(5, 6)));
  using file = openModelFile(path);
  const read = (): number[] => [...numbersOf(readModel(file).constants.get('w')!)];
  replace(path, Uint8Array.of(0));
  expect(read()).toEqual([5, 6]);
  const before = readModel(file).constants.get('w')!;
  replace(weights, Uint8Array.from(onnx.floats(7, 8)));
  expect(() => numbersOf(before)).toThrow(
    new UserError('replaced.bin was changed while it was being read: inspect it again.'),
  );
});

/** A file whose middle is a hole that takes no room on disk. */
function sparseFile(path: string, head: Uint8Array, tail: Uint8Array, tailAt: number): void {
  const file = openSync(path, 'w');
  writeSync(file, head);
  ftruncateSync(file, tailAt);
  writeSync(file, tail, 0, tail.length, tailAt);
  closeSync(file);
}

// On Windows the hole would be written out.
test.skipIf(process.platform === 'win32')('a model of more than 4 GB is read without being loaded', () => {
  const hole = 2 ** 32;
  const path = join(folder, 'huge.onnx');
  // The huge weights come first; what makes the graph stands behind them.
  const behind = onnx.file(
    onnx.node('Add', ['x', 'b'], ['y']),
    onnx.floatInitializer('b', [2], [3, 4]),
    onnx.input('x', [2]),
    onnx.output('y', [2]),
  );
  const facts = onnx.tensor('w', [hole / 4], 1);
  const tensorLength = facts.length + 6 + hole;
  const front = onnx.file(
    onnx.ir(8),
    onnx.opset(17),
    onnx.varint(7 * 8 + 2),
    onnx.varint(1 + onnx.varint(tensorLength).length + tensorLength + behind.length),
    onnx.varint(5 * 8 + 2),
    onnx.varint(tensorLength),
    facts,
    onnx.varint(9 * 8 + 2),
    onnx.varint(hole),
  );
  sparseFile(path, front, behind, front.length + hole);
  const before = process.memoryUsage.rss();
  using file = openModelFile(path);
  const network = readModel(file);
  expect(network.constants.get('w')?.shape).toEqual([2 ** 30]);
  expect([...numbersOf(network.constants.get('b')!)]).toEqual([3, 4]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
});

test.skipIf(process.platform === 'win32')('weights behind the fourth gigabyte of another file are read', () => {
  const at = 2 ** 32 + 8;
  sparseFile(join(folder, 'w.bin'), Uint8Array.of(1), Uint8Array.from(onnx.floats(5, 6)), at);
  const path = join(folder, 'm.onnx');
  const tensor = onnx.tensor('w', [2], 1, onnx.elsewhere({ location: 'w.bin', offset: String(at) }));
  writeFileSync(path, onnx.model(onnx.node('Add', ['x', 'w'], ['y']), onnx.initializer(tensor)));
  using file = openModelFile(path);
  expect([...numbersOf(readModel(file).constants.get('w')!)]).toEqual([5, 6]);
});
