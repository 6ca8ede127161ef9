import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallestEigenvalueBelow } from '../../../core/compute/linear-algebra/blocked-cholesky.ts';
import { eigenvalueUpper } from '../../../core/compute/linear-algebra/largest-eigenvalue.ts';
import { packedGram } from '../../../core/compute/linear-algebra/packed-gram.ts';
import { packedLength, rowStart } from '../../../core/compute/linear-algebra/packed.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { numbersFrom, singularValues, workOf } from '../../estimators/norms/small-maps.ts';

const pace = new Pace(workOf());

/** A symmetric matrix as block columns of any width. */
function columnsOf(entry: (i: number, j: number) => number, size: number, width: number, band = size) {
  const end = (block: number): number => Math.min(size, width * Math.ceil(((block + 1) * width + band - 1) / width));
  return {
    size,
    width,
    end,
    column(block: number): Float64Array {
      const first = block * width;
      const own = Math.min(width, size - first);
      return Float64Array.from({ length: (end(block) - first) * own }, (_, at) => {
        const [i, j] = [first + Math.floor(at / own), first + (at % own)];
        return j > i ? 0 : entry(i, j);
      });
    },
  };
}

describe('the factorisation in blocks', () => {
  it('succeeds exactly when a shift lies above the largest eigenvalue, whatever the size of the blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 23 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(1e6),
        async (n, width, seed) => {
          const next = numbersFrom(seed);
          const factor = Array.from({ length: n }, () => Array.from({ length: n + 2 }, next));
          const gram = (i: number, j: number): number => factor[i]!.reduce((sum, x, k) => sum + x * factor[j]![k]!, 0);
          const top = singularValues(factor)[0]! ** 2;
          const shifted = (shift: number) => columnsOf((i, j) => (i === j ? shift : 0) - gram(i, j), n, width);
          const least = await smallestEigenvalueBelow(shifted(top * (1 + 1e-8)), pace);
          expect(least).toBeDefined();
          // Its claim is true, and worth something.
          expect(least).toBeLessThanOrEqual(1e-8 * top);
          expect(least).toBeGreaterThan(-1e-8 * top);
          expect(await smallestEigenvalueBelow(shifted(top * (1 - 1e-8)), pace)).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps to the band', async () => {
    for (const [n, width] of [
      [9, 2],
      [30, 4],
      [31, 5],
      [64, 64],
    ] as const) {
      // prettier-ignore
      const top = 2 + 2 * Math.cos(Math.PI / (n + 1));
      const shifted = (shift: number) => columnsOf((i, j) => (i === j ? shift - 2 : i - j === 1 ? 1 : 0), n, width, 2);
      expect(await smallestEigenvalueBelow(shifted(top * (1 + 1e-10)), pace)).toBeDefined();
      expect(await smallestEigenvalueBelow(shifted(top * (1 - 1e-10)), pace)).toBeUndefined();
    }
  });

  it('is used for large matrices, where it is as tight', async () => {
    const n = 330;
    const packed = new Float64Array(packedLength(n));
    for (let i = 0; i < n; i++)
      for (let j = Math.max(0, i - 200); j <= i; j++) packed[rowStart(i) + j] = i === j ? 2 : i - j === 1 ? -1 : 0;
    const top = 2 + 2 * Math.cos(Math.PI / (n + 1));
    // Full as far as the method can see.
    packed[rowStart(n - 1)] = 1e-300;
    const upper = await eigenvalueUpper(packed, n, top, pace);
    expect(upper).toBeGreaterThan(top);
    expect(upper).toBeLessThan(top * (1 + 1e-8));
    // An estimate below the truth is not believed.
    expect(await eigenvalueUpper(packed, n, top * 0.97, pace)).toBeGreaterThan(top);
  });
});

describe('the Gram matrix on the smaller side', () => {
  it.each([
    [30, 400],
    [400, 30],
    [130, 260],
    [260, 130],
    [3, 2],
  ])('of a %i x %i matrix is that of its definition', async (rows, columns) => {
    // prettier-ignore
    const entries = Float64Array.from({ length: rows * columns }, numbersFrom(rows));
    const gram = await packedGram({ rows, columns, entries }, pace);
    const n = Math.min(rows, columns);
    const at = (i: number, k: number): number => (rows <= columns ? entries[i * columns + k]! : entries[k * columns + i]!); // prettier-ignore
    expect(gram.length).toBe(packedLength(n));
    for (const i of [0, 1, n >> 1, n - 1])
      for (const j of [0, i >> 1, i]) {
        let sum = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) sum += at(i, k) * at(j, k);
        expect(Math.abs(gram[rowStart(i) + j]! - sum)).toBeLessThan(1e-9);
      }
  });
});
