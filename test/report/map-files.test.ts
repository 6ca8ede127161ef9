import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { mapPng } from '../../core/report/picture/map-png.ts';
import { renderMap } from '../../core/report/render-map.ts';
import { mapFindings } from '../../core/report/map.ts';
import { ringMap } from './fixtures/ring-map.ts';

const map = ringMap(6, 8);

describe('a map as JSON', () => {
  test('has its first row at the lower end of the second axis', () => {
    const json = JSON.parse(renderMap(map, 'json')) as { lower: number[][]; upper: number[][] };
    expect(json.lower.flat()).toEqual([...map.cells.lower]);
    expect(json.upper[5]).toEqual([...map.cells.upper.subarray(40, 48)]);
  });

  test('has null for an end that is infinite, and for all of them where the method gives none', () => {
    const upper = map.cells.upper.slice().fill(Number.POSITIVE_INFINITY, 0, 1);
    const one = JSON.parse(renderMap({ ...map, cells: { ...map.cells, upper } }, 'json')) as { upper: unknown[][] };
    expect(one.upper[0]!.slice(0, 2)).toEqual([null, map.cells.upper[1]]);
    const none = JSON.parse(renderMap({ ...map, rigor: { lower: 'numerical', upper: null } }, 'json')) as object;
    expect(none).toMatchObject({ upper: null, rigor: { lower: 'numerical', upper: null } });
  });
});

test('a map as CSV names how each end was found, and leaves empty what is not known', () => {
  const lines = renderMap(ringMap(6, 8, 3), 'csv').split('\r\n');
  expect(lines[1]).toMatch(
    /^0,0,-2,-1.5,-2,-1\.3\d+,[\d.]+,[\d.]+,certified,proved Jacobians,certified,bounds on boxes$/,
  );
  expect(lines[48]).toMatch(/^5,7,1\.5,2,1\.3\d+,2,0,,,,,$/);
  expect(mapFindings[0]).toBe('nothing');
});

test('a map as SVG paints every known cell once, and nothing where nothing is known', () => {
  const area = (svg: string): number =>
    [...svg.matchAll(/M[\d.]+ [\d.]+h([\d.]+)v([\d.]+)h-[\d.]+z/g)].reduce(
      (sum, [, w, h]) => sum + Number(w) * Number(h),
      0,
    );
  expect(area(renderMap(map, 'svg'))).toBeCloseTo(480 * 480, -2);
  expect(area(renderMap(ringMap(6, 8, 3), 'svg'))).toBeCloseTo((480 * 480) / 2, -2);
});

test('a map as PNG is an image of whole cells with correct check sums', () => {
  const bytes = Buffer.from(mapPng(map));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  expect([width % 8, height % 6]).toEqual([0, 0]);
  const length = view.getUint32(33);
  expect(bytes.subarray(37, 41).toString()).toBe('IDAT');
  expect(inflateSync(bytes.subarray(41, 41 + length))).toHaveLength((1 + 3 * width) * height);
  // The check sum of "IEND" alone, as every PNG ends.
  expect(bytes.subarray(-4).toString('hex')).toBe('ae426082');
});
