import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { CornerBounds, nothing } from '../../../core/estimators/slope-corners/corner-bound.ts';
import { RowCornerSearch } from '../../../core/estimators/slope-corners/corner-search.ts';
import { backwards, rowPolynomial, variablesOf } from '../../../core/estimators/slope-corners/row-polynomial.ts';
import type { Chain } from '../../../core/estimators/slope-recursion/chain.ts';
import { numbersFrom, workOf } from '../norms/small-maps.ts';

const ranges = [
  { low: 0, high: 1 },
  { low: -0.129, high: 1.129 },
  { low: -0.5, high: 1 },
  { low: 0.1, high: 1 },
  { low: -1, high: 1 },
  { low: 0, high: 0.25 },
  { low: -2, high: -0.5 },
  { low: 1, high: 1 },
];

/** One to three activations, up to 13 neurons in all. */
const chains = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 5 }),
    slopes: fc.array(fc.constantFrom(...ranges), { minLength: 3, maxLength: 3 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
    scale: fc.constantFrom(1, 1e-40, 1e40),
    thin: fc.boolean(),
  })
  .map(({ sizes, slopes, seed, scale, thin }): Chain => {
    const next = numbersFrom(seed);
    const layers = sizes.slice(1).map((rows, at) => {
      const columns = sizes[at]!;
      // Many zeros and equal weights: ties everywhere.
      const entry = (): number => scale * (thin ? Math.round(2 * next()) : next());
      return { rows, columns, entries: Float64Array.from({ length: rows * columns }, entry), error: 0 };
    });
    return { layers, slopes: slopes.slice(0, layers.length - 1) };
  });

/** The largest absolute sum of each row over all corners of the slopes, one after the other. */
function bruteForce({ layers, slopes }: Chain): number[] {
  const neurons = layers.slice(1).reduce((sum, { columns }) => sum + columns, 0);
  const largest = new Array<number>(layers.at(-1)!.rows).fill(0);
  for (let corner = 0; corner < 2 ** neurons; corner++) {
    let bit = 0;
    const inputs = layers[0]!.columns;
    let columns = Array.from({ length: inputs }, (_, j) => Array.from({ length: inputs }, (__, i) => Number(i === j)));
    layers.forEach(({ rows, columns: width, entries }, at) => {
      const own = slopes[at];
      const taken = Array.from({ length: rows }, () =>
        own === undefined ? 1 : (corner >> bit++) & 1 ? own.high : own.low,
      );
      columns = columns.map((column) =>
        taken.map((slope, i) => {
          let sum = 0;
          for (let k = 0; k < width; k++) sum += entries[i * width + k]! * column[k]!;
          return slope * sum;
        }),
      );
    });
    largest.forEach((most, i) => {
      largest[i] = Math.max(
        most,
        columns.reduce((sum, column) => sum + Math.abs(column[i]!), 0),
      );
    });
  }
  return largest;
}

describe('The largest corner of all slopes', () => {
  it('is what all corners give, read from either end, and never less on the way', async () => {
    await fc.assert(
      fc.asyncProperty(chains, fc.constantFrom('forwards', 'backwards'), async (chain, reading) => {
        const truth = Math.max(...bruteForce(chain));
        const pace = new Pace(workOf());
        const search = new RowCornerSearch(chain, reading);
        await search.begin(pace);
        while (!search.isDone) {
          expect(search.upper).toBeGreaterThanOrEqual(truth * (1 - 1e-13) - 1e-14 * sizeOf(chain));
          await search.cut(pace);
        }
        expect(search.upper).toBeGreaterThanOrEqual(truth * (1 - 1e-13) - 1e-14 * sizeOf(chain));
        expect(search.upper).toBeLessThanOrEqual(truth * (1 + 2e-9) + 1e-11 * sizeOf(chain) + underflowOf(chain));
        expect(search.found).toBeLessThanOrEqual(truth * (1 + 1e-12) + 1e-13 * sizeOf(chain) + underflowOf(chain));
      }),
      { numRuns: 150 },
    );
  });

  it('is bounded wherever some variables are decided, and what it decides itself loses nothing', () => {
    fc.assert(
      fc.property(chains, fc.infiniteStream(fc.constantFrom(-1, 0, 0, 1)), (chain, stream) => {
        const row = 0;
        const polynomial = rowPolynomial(chain, row);
        const turned = backwards(polynomial);
        const count = variablesOf(polynomial);
        const given = Int8Array.from({ length: count }, () => stream.next().value as number);
        const largest = (decisions: Int8Array): number => {
          const free = [...decisions.keys()].filter((i) => decisions[i] === 0);
          let most = Number.NEGATIVE_INFINITY;
          for (let corner = 0; corner < 2 ** free.length; corner++) {
            const all = decisions.slice();
            free.forEach((i, k) => (all[i] = (corner >> k) & 1 ? 1 : -1));
            most = Math.max(most, valueAt(chain, row, all));
          }
          return most;
        };
        const size = sizeOf(chain);
        const truth = largest(given);
        for (const [own, order] of [
          [polynomial, given.slice()],
          [turned, reordered(chain, given)],
        ] as const) {
          const { upper, next } = new CornerBounds(own).of(order);
          expect(upper).toBeGreaterThanOrEqual(truth - 1e-15 * size);
          if (next === nothing) expect(upper).toBeLessThanOrEqual(truth + 1e-9 * size + underflowOf(chain));
          const settled = own === polynomial ? order : reordered(chain, order, 'backwards');
          expect(largest(settled)).toBeGreaterThanOrEqual(truth - 1e-12 * size);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** What products that underflow may be counted as, behind layers that enlarge them. */
const underflowOf = ({ layers }: Chain): number =>
  layers.reduce((size, { columns, entries }) => size * columns * Math.max(1, ...entries.map(Math.abs)), 1e-318);

const kindsOf = ({ layers }: Chain): number[] => layers.map(({ columns }) => columns);

/** Decisions kind by kind in the other order. */
function reordered(chain: Chain, decisions: Int8Array, reading: 'forwards' | 'backwards' = 'forwards'): Int8Array {
  const sizes = reading === 'forwards' ? kindsOf(chain) : kindsOf(chain).toReversed();
  let start = 0;
  const pieces = sizes.map((size) => decisions.slice(start, (start += size)));
  return Int8Array.from(pieces.toReversed().flatMap((piece) => [...piece]));
}

/** Row `row` of the Jacobian times the signs. */
function valueAt({ layers, slopes }: Chain, row: number, corner: Int8Array): number {
  let start = 0;
  let values: number[] = new Array<number>(layers[0]!.columns).fill(1);
  layers.forEach(({ rows, columns, entries }, at) => {
    const { low, high } = at === 0 ? { low: -1, high: 1 } : slopes[at - 1]!;
    const scaled = values.map((value, i) => value * (corner[start + i]! < 0 ? low : high));
    start += columns;
    values = Array.from({ length: rows }, (_, i) =>
      scaled.reduce((sum, value, j) => sum + entries[i * columns + j]! * value, 0),
    );
  });
  return values[row]!;
}

/** All in absolute values. */
const sizeOf = ({ layers, slopes }: Chain): number =>
  layers
    .reduce<number[]>((values, { rows, columns, entries }, at) => {
      const steep = at === 0 ? 1 : Math.max(Math.abs(slopes[at - 1]!.low), Math.abs(slopes[at - 1]!.high));
      return Array.from({ length: rows }, (_, i) =>
        values.reduce((sum, value, j) => sum + Math.abs(entries[i * columns + j]!) * steep * value, 0),
      );
    }, new Array<number>(layers[0]!.columns).fill(1))
    .reduce((sum, value) => sum + value, 0);
