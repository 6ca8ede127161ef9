import { describe, expect, it } from 'vitest';
import { readRegion } from '../core/inspection/region-syntax.ts';
import { isWithin, lengthOf, moveInside, twoPoints, type Region } from '../core/region.ts';

describe('Points of a region', () => {
  it.each(['l1', 'l2', 'linf'] as const)('moved into an %s ball far from the origin they are in it', (norm) => {
    for (const [far, radius] of [
      [1e10, 1e-3],
      [1e10, 1e-5],
      [1, 1e-15],
      [1e200, 1e190],
      [0, 1e-300],
    ] as const) {
      // prettier-ignore
      const center = Float64Array.of(far, -0.7 * far, 1);
      const region: Region = { kind: 'ball', norm, center, radius };
      for (let k = 0; k < 50; k++) {
        const point = center.map((value, i) => value + radius * 4 * Math.sin(7 * k + i));
        const moved = moveInside(region, point);
        const offset = moved.map((value, i) => value - center[i]!);
        expect(lengthOf(offset, norm), `${far}, ${radius}`).toBeLessThanOrEqual(radius);
        expect(isWithin(region, moved)).toBe(true);
      }
    }
  });

  it('two of them differ, however large a coordinate of the center is', () => {
    const [a, b] = twoPoints(readRegion('ball:l2:1e10,1:1e-9', 2), 2);
    expect(a).not.toEqual(b);
    expect(isWithin(readRegion('ball:l2:1e10,1:1e-9', 2), b)).toBe(true);
  });

  it('beside a tiny region are not in it', () => {
    const region = readRegion('box:0,1e-12', 1);
    expect(isWithin(region, Float64Array.of(1e-12))).toBe(true);
    expect(isWithin(region, Float64Array.of(1e-10))).toBe(false);
  });
});

describe('Regions of the command line', () => {
  const box = (text: string): number[] => {
    const region = readRegion(text, 1);
    return region.kind === 'box' ? [region.lower[0]!, region.upper[0]!] : [];
  };

  it('a border that is a double stays where it is, any other moves outward', () => {
    expect(box('box:1:1')).toEqual([0, 2]);
    expect(box('box:zeros:0')).toEqual([0, 0]);
    const [low, high] = box('box:1:1e-17');
    expect(low).toBeLessThan(1);
    expect(high).toBeGreaterThan(1);
  });

  it.each(['box:,1', 'box:1,', 'box:1e308:1e308', 'ball:l2:-1e308:1e308', 'box:2,1', 'ball:l2:1:'])(
    '%s is refused',
    (text) => {
      expect(() => readRegion(text, 1)).toThrow(/box|region|radius|double/);
    },
  );
});
