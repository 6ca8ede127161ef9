import { expect, test } from 'vitest';
import { patternCells } from '../../core/report/pattern-table.ts';

test('a vector is a column of its places', () => {
  const cells = patternCells({ values: [0.6, -0.8], shape: [1, 2], title: '' });
  expect(cells).toEqual([
    [
      ['place', '0'],
      ['value', '0.600'],
    ],
    [
      ['place', '1'],
      ['value', '−0.800'],
    ],
  ]);
});

test('an image has a row for each of its rows, the strongest channel first', () => {
  const cells = patternCells({ values: [0.1, 0, 0, 0, 0, 0, 0.9, 0], shape: [1, 2, 2, 2], title: '' });
  expect(cells.map((row) => row.map(([, text]) => text))).toEqual([
    ['1', '0', '0', '0'],
    ['1', '1', '0.900', '0'],
    ['0', '0', '0.100', '0'],
    ['0', '1', '0', '0'],
  ]);
});

test('of an image larger than its picture, the same means stand, and of which pixels', () => {
  const values = Array.from({ length: 64 * 2 }, (_, i) => (i % 64 < 2 ? 1 : 0));
  const [first] = patternCells({ values, shape: [1, 1, 2, 64], title: '' });
  expect(first!.slice(0, 3)).toEqual([
    ['row', '0'],
    ['0–1', '1.00'],
    ['2–3', '0'],
  ]);
});
