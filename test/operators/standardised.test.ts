import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastVariance } from '../../core/operators/standardised.ts';

const variance = (numbers: readonly number[]): number => {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  return numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
};

const intervals = fc.array(
  fc.record({
    center: fc.double({ min: -5, max: 5, noNaN: true }),
    width: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true })),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('The least variance in a box', () => {
  it('is below that of every point inside, and reached by the box drawn to one number', () => {
    fc.assert(
      fc.property(intervals, fc.double({ min: 0, max: 1, noNaN: true }), (entries, place) => {
        const lower = Float64Array.from(entries, ({ center, width }) => center - width);
        const upper = Float64Array.from(entries, ({ center, width }) => center + width);
        const least = leastVariance(lower, upper, entries.length);
        expect(least).toBeLessThanOrEqual(variance([...lower].map((low, i) => low + place * (upper[i]! - low))));
        let drawn = Number.POSITIVE_INFINITY;
        for (let k = 0; k <= 4000; k++) {
          const m = -7 + (14 * k) / 4000;
          drawn = Math.min(drawn, variance([...lower].map((low, i) => Math.min(upper[i]!, Math.max(low, m)))));
        }
        expect(least).toBeLessThanOrEqual(drawn * (1 + 1e-12));
        expect(least).toBeGreaterThanOrEqual(drawn - 2e-2 * Math.sqrt(drawn) - 1e-4);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('is 0 where intervals meet or have no end, and never lost to rounding', () => {
    expect(leastVariance(Float64Array.of(0, 1), Float64Array.of(1, 2), 2)).toBe(0);
    expect(leastVariance(Float64Array.of(-Infinity, 1), Float64Array.of(Infinity, 2), 2)).toBe(0);
    expect(leastVariance(Float64Array.of(0, 3), Float64Array.of(1, Infinity), 2)).toBeCloseTo(1, 9);
    const far = 2 ** 40;
    expect(leastVariance(Float64Array.of(far, far + 1), Float64Array.of(far, far + 1), 2)).toBeLessThanOrEqual(0.25);
  });
});
