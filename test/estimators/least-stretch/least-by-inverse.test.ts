import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { leastStretchBelow } from '../../../core/estimators/least-stretch/least-by-inverse.ts';
import { denseMap } from '../../../core/operators/maps/dense-map.ts';
import { lengthOf } from '../../../core/region.ts';
import { numbersFrom, workOf } from '../norms/small-maps.ts';

const matrices = fc.record({
  columns: fc.integer({ min: 1, max: 5 }),
  more: fc.integer({ min: 0, max: 3 }),
  seed: fc.integer({ min: 0, max: 1e6 }),
  scale: fc.constantFrom(1, 1e-20, 1e20),
  flat: fc.boolean(),
});

it('a matrix shortens nothing by more than its left inverse says, in l1 and l-infinity', async () => {
  await fc.assert(
    fc.asyncProperty(matrices, fc.constantFrom('l1', 'linf'), async ({ columns, more, seed, scale, flat }, norm) => {
      const rows = columns + more;
      const next = numbersFrom(seed);
      const entries = Float64Array.from({ length: rows * columns }, () => scale * next());
      // The last column is the first once more, nearly.
      if (flat && columns > 1)
        for (let i = 0; i < rows; i++) entries[i * columns + columns - 1] = entries[i * columns]! * (1 + 1e-15 * i);
      const map = denseMap(() => entries, rows, columns);
      const least = (await leastStretchBelow(map, norm, new Pace(workOf())))!;
      for (let k = 0; k < 100; k++) {
        const x = Float64Array.from({ length: columns }, next);
        if (flat && k % 2 === 0 && columns > 1) {
          x.fill(0);
          [x[0], x[columns - 1]] = [1, -1];
        }
        const ratio = lengthOf(map.apply(x), norm) / lengthOf(x, norm);
        expect(least).toBeLessThanOrEqual(ratio * (1 + 1e-12) + 1e-14 * scale);
      }
    }),
    { numRuns: 100 },
  );
});

it.each([
  // The inverse of [2 1; 1 1] is [1 -1; -1 2]: sums of its rows 2 and 3, and of its columns.
  ['linf', [2, 1, 1, 1], 2, 1 / 3],
  ['l1', [2, 1, 1, 1], 2, 1 / 3],
  ['linf', [2, 0, 1, 4], 2, 1 / (1 / 2)],
  ['l1', [2, 0, 1, 4], 2, 1 / (5 / 8)],
] as const)('in %s the least stretch of %j is found', async (norm, entries, columns, truth) => {
  const map = denseMap(() => Float64Array.from(entries), entries.length / columns, columns);
  const least = (await leastStretchBelow(map, norm, new Pace(workOf())))!;
  expect(least).toBeLessThanOrEqual(truth);
  expect(least).toBeGreaterThan(truth * (1 - 1e-12));
});
