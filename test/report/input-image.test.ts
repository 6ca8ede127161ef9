import { describe, expect, test } from 'vitest';
import { directionPixels, imageLayout, planeImages, pointPixels } from '../../core/report/picture/input-image.ts';
import { ringMap } from './fixtures/ring-map.ts';

describe('an input is an image', () => {
  test.each([
    ['grey, channels first', ['n', 1, 8, 6], { channels: 1, rows: 8, columns: 6 }],
    ['colours, channels first', [1, 3, 32, 32], { channels: 3, rows: 32, columns: 32 }],
    ['colours, channels last', [null, 20, 30, 3], { channels: 3, rows: 20, columns: 30 }],
  ] as const)('%s', (_, shape, expected) => {
    expect(imageLayout(shape)).toMatchObject(expected);
  });

  test.each([
    ['a vector', [1, 784]],
    ['feature maps', [1, 64, 8, 8]],
    ['a batch', [4, 3, 8, 8]],
    ['a strip', [1, 1, 1, 100]],
    ['nothing known', null],
  ] as const)('but not %s', (_, shape) => {
    expect(imageLayout(shape)).toBeUndefined();
  });
});

test('every number lands at its pixel, whichever way round the channels lie', () => {
  // Red is 1 at row 2, column 3 alone.
  for (const shape of [[1, 3, 4, 5], [1, 4, 5, 3]] as const) {
    const layout = imageLayout(shape)!;
    const values = new Float64Array(60);
    values[shape[1] === 3 ? (0 * 4 + 2) * 5 + 3 : (2 * 5 + 3) * 3] = 1;
    const { rgb, low, high } = pointPixels(layout, values);
    const lit = [...rgb].flatMap((value, at) => (value > 0 ? [[Math.floor(at / 3), at % 3, value]] : []));
    expect(lit).toEqual([[2 * 5 + 3, 0, 255]]);
    expect([low, high]).toEqual([0, 1]);
  }
}); // prettier-ignore

test('a direction is grey where it changes nothing, and as far from it on both sides as it adds or takes', () => {
  const layout = imageLayout([1, 1, 4, 4])!;
  const values = new Float64Array(16);
  [values[0], values[1]] = [2, -2];
  const { rgb } = directionPixels(layout, values);
  expect([rgb[0], rgb[3], rgb[6]]).toEqual([255, 0, 128]);
});

test('a map of an image network shows its plane as images, one of a vector does not', () => {
  const map = ringMap(3, 3);
  const image = {
    ...map,
    model: { ...map.model, input: 'x', inputs: [{ name: 'x', shape: [1, 1, 8, 8], type: 'float32' }] },
    plane: { ...map.plane, origin: Float64Array.from({ length: 64 }, (_, i) => i), first: new Float64Array(64).fill(0.125), second: new Float64Array(64) }, // prettier-ignore
  };
  expect(planeImages(image, 100)).toContain('base point (0 to 63)');
  const vector = { ...image, model: { ...image.model, inputs: [{ name: 'x', shape: [1, 64], type: 'float32' }] } };
  expect(planeImages(vector, 100)).toBe('');
});
