import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ringMap } from './fixtures/ring-map.ts';
import { decisionBoundary, levelLine, outputContours } from '../../core/report/picture/contours.ts';

describe('the line on which a value is zero', () => {
  test('ends where the edges of the cell cross zero', () => {
    expect(levelLine([-1, 1, 1, -1], 3, 5)).toEqual([[3.5, 5, 3.5, 6]]);
    expect(levelLine([-1, -1, 3, 3], 0, 0)).toEqual([[1, 0.25, 0, 0.25]]);
  });

  test('keeps away from a cell of one sign, and splits a saddle by the value in its middle', () => {
    expect(levelLine([1, 2, 3, 4], 0, 0)).toEqual([]);
    expect(levelLine([3, -1, 3, -1], 0, 0)).toEqual([
      [0.75, 0, 1, 0.25],
      [0.25, 1, 0, 0.75],
    ]);
    expect(levelLine([1, -3, 1, -3], 0, 0)).toEqual([
      [0.25, 0, 0, 0.25],
      [0.75, 1, 1, 0.75],
    ]);
  });

  test('never leaves its cell, and the value between the corners is zero at its ends', () => {
    const value = fc.double({ min: -5, max: 5, noNaN: true }).filter((x) => Math.abs(x) > 1e-6);
    fc.assert(
      fc.property(fc.tuple(value, value, value, value), ([a, b, c, d]) => {
        for (const [x1, y1, x2, y2] of levelLine([a, b, c, d], 0, 0))
          for (const [x, y] of [
            [x1, y1],
            [x2, y2],
          ] as const) {
            expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThanOrEqual(-1e-12);
            const between = (1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * d + x * c);
            expect(Math.abs(between)).toBeLessThan(1e-9);
          }
      }),
    );
  });
});

test('the boundary of one output is where it is zero: on the unit circle', () => {
  const segments = decisionBoundary(ringMap(40, 40));
  expect(segments.length).toBeGreaterThan(40);
  for (const [x, y] of segments) expect(Math.hypot(x / 10 - 2, y / 10 - 2)).toBeCloseTo(1, 2);
});

test('between classes it is where the two largest outputs are equal', () => {
  const map = ringMap(4, 4);
  const count = 25;
  const values = new Float64Array(2 * count);
  const decision = new Uint32Array(count);
  // Class 1 leads by u - 0.3, in units of the plane.
  for (let i = 0; i < count; i++) {
    values[count + i] = -2 + (i % 5) - 0.3;
    decision[i] = values[count + i]! > 0 ? 1 : 0;
  }
  const segments = decisionBoundary({ ...map, corners: { outputs: 2, kept: 2, values, decision } });
  expect(segments).toHaveLength(4);
  for (const [x1, , x2] of segments) {
    expect(x1).toBeCloseTo(2.3, 12);
    expect(x2).toBeCloseTo(2.3, 12);
  }
});

test('lines of equal output lie on as many levels, and there are none without corners', () => {
  const map = ringMap(40, 40);
  const radii = outputContours(map, 0, 3).map(([x, y]) => Math.round(20 * Math.hypot(x / 10 - 2, y / 10 - 2)) / 20);
  expect(new Set(radii).size).toBeGreaterThanOrEqual(3);
  expect(outputContours({ ...map, corners: null }, 0, 3)).toEqual([]);
  expect(decisionBoundary({ ...map, corners: null })).toEqual([]);
});
