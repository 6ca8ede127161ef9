import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ringMap } from '../../report/fixtures/ring-map.ts';
import {
  cellAt,
  cellEdges,
  cellIndex,
  cellInterval,
  cellSentence,
  colouredValues,
} from '../../../core/report/map-cell.ts';
import { CellPixels } from '../../../core/report/picture/cell-pixels.ts';
import { advanceMap } from '../../../core/report/map-progress.ts';
import { colourAt, extremesOf, placeOn, scaleOf, steadyScale } from '../../../core/report/picture/colour-scale.ts';
import { frameOf, panned, pointAt, xOf, yOf, zoomed } from '../../../webview/map/frame.ts';
import { binsOf, histogramCells } from '../../../webview/map/histogram.ts';
import { firstChoice, inputSize, objection, withPlane, withRange } from '../../../webview/map/map-choice.ts';
import { residualCnn } from '../../report/fixtures/residual-cnn.ts';
import { tilesOf } from './tiles.ts';

const map = ringMap(8, 10);

describe('a cell', () => {
  test('is found again from any point inside it', () => {
    fc.assert(
      fc.property(fc.nat(7), fc.nat(9), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (row, column, inside) => {
        const [left, right, bottom, top] = cellEdges(map, { row, column });
        expect(cellAt(map, left + inside * (right - left), bottom + inside * (top - bottom))).toEqual({ row, column });
      }),
    );
    expect(cellAt(map, 2.1, 0)).toBeUndefined();
    expect(cellAt(map, 0, -2.1)).toBeUndefined();
  });

  test('says its interval and how each end was found, and nothing while nothing is known', () => {
    const sentence = cellSentence(map, { row: 4, column: 9 });
    expect(sentence).toContain('x[0] 1.6 to 2, x[1] 0 to 0.5');
    expect(sentence).toContain(
      'lower end from proved Jacobians (certified), upper end from bounds on boxes (certified)',
    );
    const partial = ringMap(8, 10, 1);
    expect(cellInterval(partial, cellIndex(partial, { row: 7, column: 0 }))).toBe('not known yet');
  });

  test('with only a lower end, or an unbounded upper one, does not pretend to be closed', () => {
    const { cells } = map;
    const open = { ...map, cells: { ...cells, upperFound: new Uint8Array(80) } };
    expect(cellInterval(open, 45)).toMatch(/^≥ [\d.]+ ●$/);
    const unbounded = { ...map, cells: { ...cells, upper: new Float64Array(80).fill(Number.POSITIVE_INFINITY) } };
    expect(cellInterval(unbounded, 45)).toMatch(/^≥ [\d.]+, unbounded$/);
  });

  test('has no colour while its number is not known', () => {
    const values = colouredValues(ringMap(8, 10, 2), 'upper');
    expect(values.slice(0, 20).some(Number.isNaN)).toBe(false);
    expect(values.slice(20).every(Number.isNaN)).toBe(true);
    expect(colouredValues(map, 'width').every((value) => value >= 1)).toBe(true);
  });
});

describe('the colour scale', () => {
  test('holds every value and keeps their order', () => {
    const values = colouredValues(map, 'upper');
    for (const kind of ['log', 'linear'] as const) {
      const scale = scaleOf(values, kind);
      const sorted = [...values].toSorted((a, b) => a - b).map((value) => placeOn(scale, value));
      expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
      expect(sorted[0]).toBeGreaterThanOrEqual(0);
      expect(sorted.at(-1)).toBeLessThanOrEqual(1);
    }
  });

  test('grows lighter from one end to the other, so that it reads without colour vision', () => {
    const light = Array.from({ length: 50 }, (_, i) => {
      const [red, green, blue] = colourAt(i / 49);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    expect(light).toEqual(light.toSorted((a, b) => a - b));
  });

  test('stands also where nothing, or only zero, is known', () => {
    expect(scaleOf(new Float64Array(3).fill(Number.NaN), 'log')).toEqual({ kind: 'log', from: 0.1, to: 1 });
    expect(scaleOf(new Float64Array(3), 'linear')).toEqual({ kind: 'linear', from: 0, to: 1 });
    expect(placeOn(scaleOf(new Float64Array(3), 'log'), Number.POSITIVE_INFINITY)).toBe(1);
  });
});

describe('the part of the plane on screen', () => {
  const frame = frameOf(
    [
      [-3, 1],
      [2, 4],
    ],
    640,
    640,
  );

  test('goes from points to pixels and back', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 1, noNaN: true }), fc.double({ min: 2, max: 4, noNaN: true }), (u, v) => {
        const [u2, v2] = pointAt(frame, xOf(frame, u), yOf(frame, v));
        expect(u2).toBeCloseTo(u, 9);
        expect(v2).toBeCloseTo(v, 9);
      }),
    );
  });

  test('keeps the point under the pointer while it zooms, and its size while it is panned', () => {
    const around = [0.5, 2.5] as const;
    const view = zoomed(frame.view, 0.5, around);
    const close = frameOf(view, 640, 640);
    expect(xOf(close, around[0])).toBeCloseTo(xOf(frame, around[0]), 9);
    expect(yOf(close, around[1])).toBeCloseTo(yOf(frame, around[1]), 9);
    expect(panned(frame.view, 0.25, -0.5)).toEqual([
      [-2, 2],
      [1, 3],
    ]);
  });
});

test('the histogram counts every known cell once', () => {
  const values = colouredValues(ringMap(8, 10, 5), 'lower');
  const bins = binsOf(values, scaleOf(values, 'log'), 12);
  expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(50);
  expect(histogramCells(bins, 'cells').every((row) => row.length === 4)).toBe(true);
});

describe('a choice', () => {
  test('begins with two coordinates of a small input and with directions in an image', () => {
    expect(inputSize(residualCnn)).toBe(64);
    expect(firstChoice(residualCnn).plane.kind).toBe('random');
  });

  test('is objected to in a sentence', () => {
    const choice = firstChoice(residualCnn);
    expect(objection(choice, 64)).toBeUndefined();
    expect(objection(choice, 1)).toContain('at least two');
    expect(objection(withPlane(choice, { kind: 'coordinates', axes: [3, 3] }), 64)).toContain('differ');
    expect(objection(withPlane(choice, { kind: 'coordinates', axes: [0, 64] }), 64)).toContain('0 to 63');
    expect(objection(withPlane(choice, { kind: 'principal', data: '' }), 64)).toContain('.npy');
    expect(objection(withPlane(choice, { kind: 'points', points: ['zeros', '', ''] }), 64)).toContain('three points');
    expect(objection({ ...choice, range: [[1, 1], [0, 1]] }, 64)).toContain('smaller'); // prettier-ignore
  });

  test('forgets its range with its plane, and takes round numbers from zooming', () => {
    const ranged = withRange(firstChoice(residualCnn), [
      [-1.23456789, 2.3456789],
      [0.00012345678, 0.00022345678],
    ]);
    expect(ranged.range).toEqual([
      [-1.235, 2.346],
      [0.0001235, 0.0002235],
    ]);
    expect(withPlane(ranged, { kind: 'random' }).range).toBeUndefined();
  });
});

describe('cells that stream in', () => {
  test('get their own colours and leave the others alone, and end in the picture of the whole map', () => {
    const whole = ringMap(20, 30);
    const [opened, ...tiles] = tilesOf(whole);
    const [grown, scale] = [new CellPixels(whole.grid), scaleOf(colouredValues(whole, 'upper'), 'log')];
    let partial = advanceMap(undefined, opened!)!;
    grown.take(partial, 'upper', 'log');
    grown.paint(scale);
    expect(grown.bytes.every((byte) => byte === 0)).toBe(true);
    for (const event of tiles) {
      partial = advanceMap(partial, event)!;
      grown.take(partial, 'upper', 'log');
      // The picture's lines run from above, a map's rows from below.
      const first = event.kind === 'tile' ? 20 - event.tile.row - event.tile.rows : Number.NaN;
      expect(grown.paint(scale)).toEqual({ from: first, to: first + 10 });
    }
    expect(grown.paint(scale)).toBeUndefined();
    const once = new CellPixels(whole.grid);
    once.take(whole, 'upper', 'log');
    once.paint(scale);
    expect(grown.bytes).toEqual(once.bytes);
    const [red, green, blue] = colourAt(placeOn(scale, colouredValues(whole, 'upper')[599]!));
    for (const [i, value] of [red, green, blue].entries())
      expect(Math.abs(once.bytes[4 * 29 + i]! - value)).toBeLessThan(2);
  });

  test('move the scale seldom, and never stand outside of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1 }),
        fc.constantFrom('log', 'linear'),
        (values, kind) => {
          let scale = steadyScale(undefined, extremesOf(Float64Array.of(), kind), kind);
          for (let count = 1; count <= values.length; count++) {
            const extremes = extremesOf(Float64Array.from(values.slice(0, count)), kind);
            scale = steadyScale(scale, extremes, kind);
            expect(scale.from).toBeLessThanOrEqual(extremes.low);
            expect(scale.to).toBeGreaterThanOrEqual(extremes.high);
            expect(steadyScale(scale, extremes, kind)).toBe(scale);
          }
        },
      ),
    );
  });
});
