import { expect, test } from 'vitest';
import { countNonFinite } from '../../core/network/tensor-health.ts';
import type { ElementType } from '../../core/network/tensor.ts';

const count = (type: ElementType, numbers: ArrayBufferView): number =>
  countNonFinite({
    name: 'w',
    type,
    shape: [3],
    bytes: () => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  });

test('NaN and both infinities are counted, the largest and smallest finite numbers are not', () => {
  expect(count('float32', Float32Array.of(NaN, Infinity, -Infinity))).toBe(3);
  expect(count('float64', Float64Array.of(NaN, Infinity, -Infinity))).toBe(3);
  expect(count('float32', Float32Array.of(3.4028234663852886e38, -1e-45, 0))).toBe(0);
  expect(count('float64', Float64Array.of(Number.MAX_VALUE, -5e-324, 0))).toBe(0);
});

test('half precision is looked at bit by bit', () => {
  // infinity, NaN, then the largest finite number of each type
  expect(count('float16', Uint16Array.of(0x7c00, 0xfe00, 0x7bff))).toBe(2);
  expect(count('bfloat16', Uint16Array.of(0xff80, 0x7fc0, 0x7f7f))).toBe(2);
});

test('integers are always finite', () => {
  expect(count('int32', Int32Array.of(-1, 0x7f800000, 0x7fc00000))).toBe(0);
});

test('large weights are looked at in pieces, to the last element', () => {
  for (const [at, value] of [
    [2 ** 20 - 1, NaN],
    [2 ** 20, Infinity],
    [2 ** 21 + 4, -Infinity],
  ] as const) {
    const numbers = new Float32Array(2 ** 21 + 5).fill(-3e38);
    numbers[at] = value;
    const bytes = new Uint8Array(numbers.buffer);
    let largest = 0;
    const weights = {
      name: 'w',
      type: 'float32',
      shape: [numbers.length],
      bytes: () => bytes,
      part: (offset: number, length: number) => {
        largest = Math.max(largest, length);
        return bytes.slice(offset, offset + length);
      },
    } as const;
    expect(countNonFinite(weights)).toBe(1);
    expect(largest).toBeLessThan(bytes.length);
  }
});
