import { describe, expect, test } from 'vitest';
import { memorySource } from '../../core/formats/bytes.ts';
import { readNpy, writeNpy } from '../../core/formats/npy.ts';
import { UserError } from '../../core/sentence.ts';

/** A .npy file as the format's specification describes it, with any header. */
function npy(header: string, data: ArrayBuffer | Uint8Array, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...text,
    ...new Uint8Array(data),
  ]);
}

const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const read = (bytes: Uint8Array) => {
  const { shape, numbers } = readNpy(memorySource('p.npy', bytes));
  return { shape, numbers: [...numbers] };
};

test.each([
  ['<f8', Float64Array.of(0.1, -2).buffer, [0.1, -2]],
  ['<f4', Float32Array.of(0.5, -2).buffer, [0.5, -2]],
  ['<f2', Uint16Array.of(0x3c00, 0xc500).buffer, [1, -5]],
  ['<i8', BigInt64Array.of(5n, -6n).buffer, [5, -6]],
  ['<i4', Int32Array.of(5, -6).buffer, [5, -6]],
  ['<i2', Int16Array.of(5, -6).buffer, [5, -6]],
  ['|i1', Int8Array.of(5, -6).buffer, [5, -6]],
  ['<u8', BigUint64Array.of(5n, 6n).buffer, [5, 6]],
  ['<u4', Uint32Array.of(5, 4294967295).buffer, [5, 4294967295]],
  ['<u2', Uint16Array.of(5, 65535).buffer, [5, 65535]],
  ['|u1', Uint8Array.of(5, 255).buffer, [5, 255]],
  ['|b1', Uint8Array.of(0, 1).buffer, [0, 1]],
  ['>f4', Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0), [1, -2]],
  ['>i2', Uint8Array.of(1, 0, 0xff, 0xfe), [256, -2]],
])('elements of type %s are read', (descr, data, numbers) => {
  expect(read(npy(header(descr, '(2,)'), data))).toEqual({ shape: [2], numbers });
});

test('column-major arrays come out in row-major order', () => {
  // a[i, j, k] = 100 i + 10 j + k, stored with i fastest.
  const stored: number[] = [];
  for (let k = 0; k < 2; k++) for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) stored.push(100 * i + 10 * j + k);
  const { numbers } = read(npy(header('<f8', '(2, 3, 2)', 'True'), Float64Array.from(stored).buffer));
  expect(numbers).toEqual([0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]);
});

test('scalars, empty arrays and all three versions are read', () => {
  expect(read(npy(header('<f8', '()'), Float64Array.of(7).buffer))).toEqual({ shape: [], numbers: [7] });
  expect(read(npy(header('<f8', '(0, 3)'), new ArrayBuffer(0)))).toEqual({ shape: [0, 3], numbers: [] });
  for (const version of [1, 2, 3]) {
    expect(read(npy(header('<f4', '(1,)'), Float32Array.of(7).buffer, version)).numbers).toEqual([7]);
  }
});

test.each([
  [[2, 3], Float64Array.of(1, 2, 3, 4, 5, Math.PI)],
  [[3], Float32Array.of(1, 2, 0.1)],
  [[], Float64Array.of(1)],
])('what is written with shape %j is read back', (shape, numbers) => {
  const bytes = writeNpy(shape, numbers);
  expect(read(bytes)).toEqual({ shape, numbers: [...numbers] });
  // The specification asks for data aligned to 64 bytes, behind a header that ends with a line end.
  const start = 10 + bytes[8]! + 256 * bytes[9]!;
  expect([start % 64, bytes[start - 1]]).toEqual([0, 10]);
});

describe('a broken file gets one sentence', () => {
  const two = Float32Array.of(1, 2).buffer;
  const good = npy(header('<f4', '(2,)'), two);
  test.each([
    ['text', new TextEncoder().encode('1, 2, 3'), 'p.npy is not a NumPy array (.npy): write it with numpy.save.'],
    ['empty', new Uint8Array(0), 'p.npy is not a NumPy array (.npy): write it with numpy.save.'],
    [
      'version 4',
      npy(header('<f4', '(2,)'), two, 4),
      'p.npy is a NumPy file of version 4, but only versions 1 to 3 are known.',
    ],
    ['cut in its header', good.subarray(0, 30), 'p.npy is cut off within its header: copy or write it again.'],
    ['cut in its length', good.subarray(0, 9), 'p.npy is cut off within its header: copy or write it again.'],
    [
      'cut in its data',
      good.subarray(0, good.length - 4),
      'p.npy declares the shape (2) of float32, which takes 8 bytes, but holds 4: write it again.',
    ],
    [
      'a huge shape',
      npy(header('<f4', '(2147483648, 2147483648)'), two),
      'p.npy declares the shape (2147483648, 2147483648) of float32, which takes 1.8e+19 bytes, but holds 8: write it again.',
    ],
    [
      'complex numbers',
      npy(header('<c8', '(1,)'), two),
      'p.npy holds elements of NumPy\'s type "c8"; only real numbers and booleans can be used.',
    ],
    [
      'pickled objects',
      npy(header('|O', '(1,)'), two),
      'p.npy holds elements of NumPy\'s type "O"; only real numbers and booleans can be used.',
    ],
    [
      'a table',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", two),
      `p.npy is not a plain array of numbers; its header says "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }".`,
    ],
  ])('%s', (_, bytes, sentence) => {
    expect(() => read(bytes)).toThrow(new UserError(sentence));
  });
});
