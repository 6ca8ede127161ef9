import { describe, expect, test } from 'vitest';
import { crossings, placeFlags, type Flag } from '../../core/report/picture/label-places.ts';

const width = 400;
const flagsAt = (wide: number, ...xs: readonly number[]): readonly Flag[] => xs.map((x) => ({ x, wide }));

describe('labels at the lines of a picture', () => {
  const cases: Readonly<Record<string, readonly Flag[]>> = {
    'far apart': flagsAt(80, 60, 200, 340),
    'in the middle, all close together': flagsAt(120, 180, 190, 200, 210, 220),
    'at the right edge': flagsAt(150, 390, 380, 370, 360),
    'at the left edge': flagsAt(150, 10, 20, 30, 40),
    'at one place': flagsAt(100, 200, 200, 200),
  };
  test.each(Object.entries(cases))(
    '%s: none touches another, none leaves the picture, no line passes through one',
    (_, flags) => {
      const placed = placeFlags(flags, width);
      const spans = placed.map(({ left, row }, k) => ({ row, from: left, to: left + flags[k]!.wide }));
      for (const [k, one] of spans.entries()) {
        expect(one.from).toBeGreaterThanOrEqual(2);
        expect(one.to).toBeLessThanOrEqual(width - 2);
        for (const other of spans.slice(k + 1))
          expect(one.row !== other.row || one.to < other.from || other.to < one.from).toBe(true);
      }
      // Said again, not asked of the code: a line stands at x and reaches from the axis to its own row.
      const passed = flags.flatMap(({ x }, k) =>
        spans.filter(({ row, from, to }) => row < placed[k]!.row && from < x && x < to),
      );
      expect(passed).toEqual([]);
    },
  );

  test('those that are far apart stand in one row, in the middle of their lines', () => {
    const flags = cases['far apart']!;
    expect(placeFlags(flags, width)).toEqual(flags.map(({ x }) => ({ row: 0, left: x - 40, anchor: 'middle' })));
  });

  test('where nothing else is possible a line passes behind a label, and it is counted', () => {
    // Each label covers the whole width, so that every line passes all rows below its own.
    const flags = flagsAt(width - 4, 100, 200, 300);
    expect(crossings(flags, placeFlags(flags, width))).toBe(3);
  });
});
