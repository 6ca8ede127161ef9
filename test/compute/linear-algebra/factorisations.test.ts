import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choleskyError, choleskySucceeds, firstEntries } from '../../../core/compute/linear-algebra/cholesky.ts';
import { largestEigenpair } from '../../../core/compute/linear-algebra/lanczos.ts';
import { eigenvalueUpper } from '../../../core/compute/linear-algebra/largest-eigenvalue.ts';
import { OutOfTime, Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { gramRow, packedLength, packedProduct, rowStart } from '../../../core/compute/linear-algebra/packed.ts';
import { smallestSingularValue } from '../../../core/compute/linear-algebra/smallest-singular-value.ts';
import {
  type Band,
  emptyBand,
  plainCholeskySucceeds,
  shiftMinus,
} from '../../../core/estimators/norms/plain-cholesky.ts';
import { numbersFrom, singularValues, workOf } from '../../estimators/norms/small-maps.ts';

const pace = new Pace(workOf());
const sizes = [1, 2, 3, 4, 5, 7, 8, 13, 16, 22];

function randomMatrix(rows: number, columns: number, seed: number): { entries: Float64Array; values: number[] } {
  const entries = Float64Array.from({ length: rows * columns }, numbersFrom(seed));
  const list = Array.from({ length: rows }, (_, i) => [...entries.subarray(i * columns, (i + 1) * columns)]);
  return { entries, values: singularValues(list) };
}

function gram(entries: Float64Array, n: number, inner: number): Float64Array {
  const packed = new Float64Array(packedLength(n));
  for (let i = 0; i < n; i++) gramRow(entries, i, inner, packed);
  return packed;
}

function shifted(packed: Float64Array, n: number, shift: number): Float64Array {
  const matrix = packed.map((entry) => -entry);
  for (let i = 0; i < n; i++) matrix[rowStart(i) + i]! += shift;
  return matrix;
}

describe.each(sizes)('for matrices of size %d', (n) => {
  const { entries, values } = randomMatrix(n, n + 3, n);
  const packed = gram(entries, n, n + 3);
  const top = values[0]! ** 2;

  it('the Cholesky factorisation succeeds exactly when the shift lies above the largest eigenvalue', async () => {
    expect(await choleskySucceeds(shifted(packed, n, top * (1 + 1e-9)), n, pace)).toBe(true);
    expect(await choleskySucceeds(shifted(packed, n, top * (1 - 1e-9)), n, pace)).toBe(false);
  });

  it('the plain one agrees', async () => {
    const full = (shift: number): Band => {
      const half = shifted(packed, n, shift);
      const band = emptyBand(n, n);
      for (let i = 0; i < n; i++) for (let j = i; j < n; j++) band.entries[i * n + j - i] = half[rowStart(j) + i]!;
      return band;
    };
    expect(await plainCholeskySucceeds(full(top * (1 + 1e-9)), pace)).toBe(true);
    expect(await plainCholeskySucceeds(full(top * (1 - 1e-9)), pace)).toBe(false);
  });

  it('the factor multiplies back to the matrix, within the error that is claimed', async () => {
    const matrix = shifted(packed, n, top * 1.5);
    const factor = Float64Array.from(matrix);
    await choleskySucceeds(factor, n, pace);
    let worst = 0;
    let largest = 0;
    for (let i = 0; i < n; i++) {
      largest = Math.max(largest, matrix[rowStart(i) + i]!);
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += factor[rowStart(i) + k]! * factor[rowStart(j) + k]!;
        worst = Math.max(worst, Math.abs(sum - matrix[rowStart(i) + j]!));
      }
    }
    expect(worst).toBeLessThanOrEqual(2 * choleskyError(n, largest));
    expect(choleskyError(n, largest)).toBeLessThan(1e-10 * largest);
  });

  it('no eigenvalue exceeds the proved upper end, which is close', async () => {
    const upper = await eigenvalueUpper(packed, n, top, pace);
    expect(upper).toBeGreaterThanOrEqual(top * (1 - 1e-13));
    expect(upper).toBeLessThan(top * (1 + 1e-9));
    // Even from an estimate that is far too low.
    const careless = await eigenvalueUpper(packed, n, top / 100, pace);
    expect(careless).toBeGreaterThanOrEqual(top * (1 - 1e-13));
  });

  it('Lanczos finds the largest eigenpair', async () => {
    const start = Float64Array.from({ length: n }, numbersFrom(99));
    const options = { steps: 200, tolerance: 1e-14, cost: n * n };
    const { value, vector } = await largestEigenpair(
      (x) => packedProduct(packed, n, x, firstEntries(packed, n)),
      start,
      options,
      pace,
    );
    expect(Math.abs(value / top - 1)).toBeLessThan(1e-12);
    packedProduct(packed, n, vector, firstEntries(packed, n)).forEach((y, i) =>
      expect(Math.abs(y - value * vector[i]!)).toBeLessThan(1e-6 * top),
    );
  });

  it('the smallest singular value is right to units of the largest', async () => {
    const smallest = await smallestSingularValue(entries, n, n + 3, pace);
    expect(Math.abs(smallest - values.at(-1)!)).toBeLessThan(1e-13 * values[0]! * n);
  });
});

it('a banded matrix is factorised like a full one', async () => {
  // The second difference matrix with a wider band: eigenvalues 2 - 2 cos(pi j / (n + 1)) where it is 1 wide.
  for (const n of [9, 30, 31, 32]) {
    const packed = new Float64Array(packedLength(n));
    for (let i = 0; i < n; i++) {
      packed[rowStart(i) + i] = 2;
      if (i > 0) packed[rowStart(i) + i - 1] = -1;
    }
    const top = 2 + 2 * Math.cos(Math.PI / (n + 1));
    expect(await choleskySucceeds(shifted(packed, n, top * (1 + 1e-10)), n, pace)).toBe(true);
    expect(await choleskySucceeds(shifted(packed, n, top * (1 - 1e-10)), n, pace)).toBe(false);
    const band = emptyBand(n, 2);
    band.entries.forEach((_, at) => (band.entries[at] = at % 2 === 0 ? 2 : -1));
    expect(await plainCholeskySucceeds(shiftMinus(band, top * (1 + 1e-10)), pace)).toBe(true);
    expect(await plainCholeskySucceeds(shiftMinus(band, top * (1 - 1e-10)), pace)).toBe(false);
  }
});

it('the smallest singular value of a singular matrix is zero up to rounding, and never NaN', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 9 }), fc.nat(1e6), async (n, seed) => {
      const { entries, values } = randomMatrix(n, n, seed);
      entries.copyWithin(n, 0, n);
      const smallest = await smallestSingularValue(entries, n, n, pace);
      expect(smallest).toBeLessThan(1e-12 * values[0]!);
      expect(smallest).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 40 },
  );
  expect(await smallestSingularValue(new Float64Array(6), 2, 3, pace)).toBe(0);
});

it('a spent budget is noticed within a few millions of products', async () => {
  const spent = new Pace(workOf(0));
  const n = 500;
  const { entries } = { entries: Float64Array.from({ length: n * n }, numbersFrom(6)) };
  const matrix = shifted(gram(entries, n, n), n, 1e9);
  await expect(choleskySucceeds(matrix, n, spent)).rejects.toBeInstanceOf(OutOfTime);
});
