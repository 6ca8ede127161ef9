import { describe, expect, it } from 'vitest';
import { HermitianPairs } from '../../../core/compute/linear-algebra/hermitian-pairs.ts';
import { OutOfTime, Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { rowStart } from '../../../core/compute/linear-algebra/packed.ts';
import { largestRitzValues } from '../../../core/compute/linear-algebra/ritz-pairs.ts';
import { numbersFrom, singularValues, workOf } from '../../estimators/norms/small-maps.ts';

const pace = new Pace(workOf());

/** G = c_0 E_0 + c_1 E_1 - i s O for each lane, made positive semidefinite by a large diagonal in E_0. */
function family(n: number) {
  const pairs = new HermitianPairs(n, 2, 1);
  const next = numbersFrom(n);
  for (let term = 0; term < 3; term++) {
    const table = pairs.table(term);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++)
        table[rowStart(i) + j] = term === 2 && i === j ? 0 : next() / 10 + (term === 0 && i === j ? 3 * n : 0);
  }
  const factors = [Float64Array.of(1, 0.3, 0.8), Float64Array.of(1, -0.9, 0.2)] as const;
  const entry = (lane: 0 | 1, i: number, j: number): [number, number] => {
    const at = rowStart(Math.max(i, j)) + Math.min(i, j);
    const [c, d, s] = factors[lane];
    const odd = s! * pairs.table(2)[at]!;
    return [c! * pairs.table(0)[at]! + d! * pairs.table(1)[at]!, i >= j ? -odd : odd];
  };
  /** [[Re, -Im], [Im, Re]]: the same eigenvalues, every one twice. */
  const real = (lane: 0 | 1): number[][] =>
    Array.from({ length: 2 * n }, (_, i) =>
      Array.from({ length: 2 * n }, (_, j) => {
        const [re, im] = entry(lane, i % n, j % n);
        if (i < n === j < n) return re;
        return i < n ? -im : im;
      }),
    );
  const top = [singularValues(real(0))[0]!, singularValues(real(1))[0]!] as const;
  return { pairs, factors: [factors[0], factors[1]] as const, real, top };
}

describe.each([1, 2, 3, 4, 5, 8, 11, 16])('two Hermitian matrices of size %i at a time', (n) => {
  const { pairs, factors, real, top } = family(n);

  it('are multiplied as if written down', () => {
    pairs.write(factors);
    const next = numbersFrom(3);
    for (let at = 0; at < 4 * n; at++) pairs.x[at] = next();
    pairs.multiply();
    for (const lane of [0, 1] as const) {
      const part = (from: Float64Array, k: number): number => from[4 * (k % n) + (k < n ? 0 : 2) + lane]!;
      real(lane).forEach((row, i) => {
        const expected = row.reduce((sum, entry, j) => sum + entry * part(pairs.x, j), 0);
        expect(part(pairs.y, i)).toBeCloseTo(expected, 9);
      });
    }
  });

  it('have their largest eigenvalues found by Lanczos steps', async () => {
    pairs.write(factors);
    const values = await largestRitzValues(pairs, { steps: 60, tolerance: 1e-13 }, pace);
    values.forEach((value, lane) => expect(value / top[lane]!).toBeCloseTo(1, 7));
  });

  it('are proved to lie below a shift exactly when they do, each on its own', async () => {
    const shifts = (a: number, b: number) => [top[0] * a, top[1] * b] as const;
    const [one, no] = await pairs.proveBelow(factors, shifts(1 + 1e-9, 1 - 1e-9), pace);
    const [none, other] = await pairs.proveBelow(factors, shifts(1 - 1e-9, 1 + 1e-9), pace);
    expect([no, none]).toEqual([undefined, undefined]);
    for (const [lane, proved] of [one, other].entries()) {
      expect(proved).toBeGreaterThan(top[lane]!);
      expect(proved).toBeLessThan(top[lane]! * (1 + 1e-8));
    }
  });
});

it('a NaN or a zero on the diagonal is no proof', async () => {
  const pairs = new HermitianPairs(2, 1, 0);
  pairs.table(0).set([1, 0, 1]);
  const factors = [Float64Array.of(Number.NaN), Float64Array.of(1)] as const;
  expect(await pairs.proveBelow(factors, [2, 1], pace)).toEqual([undefined, undefined]);
});

it('a spent budget is noticed in the middle of a factorisation', async () => {
  const { pairs, factors } = family(16);
  const large = new HermitianPairs(600, 1, 0);
  for (let i = 0; i < 600; i++) large.table(0)[rowStart(i) + i] = 1;
  const spent = new Pace(workOf(0));
  await expect(large.proveBelow([Float64Array.of(1), Float64Array.of(1)], [2, 2], spent)).rejects.toBeInstanceOf(
    OutOfTime,
  );
  await expect(pairs.proveBelow(factors, [1e9, 1e9], spent)).resolves.toHaveLength(2);
});
