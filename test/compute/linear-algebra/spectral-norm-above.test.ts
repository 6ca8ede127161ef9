import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  quotientNormAbove,
  spectralNormAbove,
  type SmallMatrix,
} from '../../../core/compute/linear-algebra/spectral-norm-above.ts';

const matrices = (most: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }), fc.integer({ min: -120, max: 120 }))
    .chain(([rows, columns, power]) =>
      fc
        .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
        .map((entries): SmallMatrix => ({
          rows,
          columns,
          entries: Float64Array.from(entries, (value) => (Math.round(4096 * value) / 4096) * 2 ** power),
        })),
    );

/** By steps of the power method, which come from below. */
function powerNorm({ rows, columns, entries }: SmallMatrix): number {
  let v = Float64Array.from({ length: columns }, (_, i) => 1 + Math.sin(i + 1) / 3);
  let norm = 0;
  for (let step = 0; step < 500; step++) {
    const length = Math.hypot(...v);
    if (length === 0) return 0;
    const unit = v.map((value) => value / length);
    const u = Float64Array.from({ length: rows }, (_, i) =>
      unit.reduce((sum, value, j) => sum + value * entries[i * columns + j]!, 0),
    );
    norm = Math.hypot(...u);
    v = Float64Array.from({ length: columns }, (_, j) =>
      u.reduce((sum, value, i) => sum + value * entries[i * columns + j]!, 0),
    );
  }
  return norm;
}

it('is above what the power method finds, and by little', () => {
  fc.assert(
    fc.property(matrices(12), (matrix) => {
      const [found, above] = [powerNorm(matrix), spectralNormAbove(matrix)];
      expect(above).toBeGreaterThanOrEqual(found * (1 - 1e-14));
      // n^(1/128), and that the power method may not have arrived.
      expect(above).toBeLessThanOrEqual(found * 1.04 + 1e-290);
    }),
    { seed: 41, numRuns: 300 },
  );
  expect(spectralNormAbove({ rows: 2, columns: 2, entries: Float64Array.of(0, 0, 0, 0) })).toBe(0);
  expect(spectralNormAbove({ rows: 1, columns: 1, entries: Float64Array.of(-3) })).toBeCloseTo(3, 9);
});

it('of a quotient is above |W^-1 V| for V = W M, and says nothing where W tells nothing', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 72, maxLength: 72 }),
      (n, numbers) => {
        // Whole numbers, whose product has no rounding.
        const whole = Float64Array.from(numbers, (value) => Math.round(8 * value));
        const divisor = {
          rows: n,
          columns: n,
          entries: whole.slice(0, n * n).map((value, at) => value + (at % (n + 1) === 0 ? 20 : 0)),
        };
        const quotient = { rows: n, columns: 2, entries: whole.slice(36, 36 + 2 * n) };
        const entries = new Float64Array(2 * n);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < 2; j++)
            for (let k = 0; k < n; k++)
              entries[2 * i + j]! += divisor.entries[i * n + k]! * quotient.entries[2 * k + j]!;
        const above = quotientNormAbove(divisor, { rows: n, columns: 2, entries })!;
        const found = powerNorm(quotient);
        expect(above).toBeGreaterThanOrEqual(found * (1 - 1e-14));
        expect(above).toBeLessThanOrEqual(found * 1.04 + 1e-9);
      },
    ),
    { seed: 42, numRuns: 200 },
  );
  const singular = { rows: 2, columns: 2, entries: Float64Array.of(1, 2, 2, 4) };
  expect(quotientNormAbove(singular, singular)).toBeUndefined();
});
