import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { modelInMemory, openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { UserError } from '../../../core/sentence.ts';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

function safetensors(header: Readonly<Record<string, unknown>>, data = 64, claimedLength?: bigint): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimedLength ?? BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}

const square = (from: number, to: number, shape = [2, 2]): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets: [from, to],
});

test.each<[why: string, bytes: Uint8Array, sentence: RegExp]>([
  ['tensors that overlap', safetensors({ a: square(0, 16), b: square(8, 24) }), /"a" and "b" .* share bytes/u],
  ['a tensor beyond the end', safetensors({ a: square(0, 16), b: square(1024, 1040) }), /cut off: the tensor "b"/u],
  ['a shape of 2^60 numbers', safetensors({ a: square(0, 16, [2 ** 30, 2 ** 30]) }), /is damaged|set aside/u],
  ['a shape that is negative', safetensors({ a: square(0, 16, [-2, -2]) }), /is damaged/u],
  ['an end before the beginning', safetensors({ a: square(16, 0) }), /is damaged/u],
  ['a header of 2^62 bytes', safetensors({ a: square(0, 16) }, 64, 2n ** 62n), /in no format/u],
])('a safetensors file with %s is refused', (_, bytes, sentence) => {
  const read = (): unknown =>
    readModel(modelInMemory('m.safetensors', bytes)).unconnected?.layers.map(({ weight }) => weight.bytes());
  expect(read).toThrow(UserError);
  expect(read).toThrow(sentence);
});

test.each(['../secret.safetensors', '/etc/secret.safetensors', 'C:\\secret.safetensors', 'link.safetensors'])(
  'an index never opens %s, which leads out of its folder',
  (shard) => {
    writeFileSync(join(folder, 'secret.safetensors'), safetensors({ a: square(0, 16) }, 16));
    const inside = join(folder, 'model');
    mkdirSync(inside, { recursive: true });
    rmSync(join(inside, 'link.safetensors'), { force: true });
    symlinkSync(join(folder, 'secret.safetensors'), join(inside, 'link.safetensors'));
    const index = join(inside, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ metadata: { total_size: 16 }, weight_map: { a: shard } }));
    using file = openModelFile(index);
    expect(() => readModel(file)).toThrow(UserError);
    expect(() => readModel(file)).toThrow(/folder of the model/u);
  },
);

test('weights of whole numbers are named, for a quantised layer is not what its numbers are', () => {
  const bytes = safetensors(
    {
      'l.qweight': { dtype: 'I32', shape: [1, 2], data_offsets: [0, 8] },
      'm.weight': { dtype: 'F32', shape: [1, 1], data_offsets: [8, 12] },
    },
    12,
  );
  expect(readModel(modelInMemory('m', bytes)).notes).toEqual([
    '1 weight of whole numbers, such as "l.qweight" (int32), as quantised layers have them, is not among the layers: save the model before it is quantised.',
  ]);
});
