import { describe, expect, it } from 'vitest';
import { provedInverse } from '../../../core/estimators/least-stretch/proved-inverse.ts';
import { numbersFrom, singularValues } from '../norms/small-maps.ts';

const rowsOf = (entries: Float64Array, n: number): number[][] =>
  Array.from({ length: n }, (_, i) => [...entries.subarray(i * n, (i + 1) * n)]);

describe('a proved inverse', () => {
  it('has a least singular value that is never above the true one of any matrix within the error, nor far below', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = numbersFrom(seed);
      const n = 1 + (seed % 6);
      const entries = Float64Array.from({ length: n * n }, () => next() * 10 ** (seed % 5));
      const error = seed % 3 === 0 ? 1e-7 : 0;
      const proved = provedInverse({ rows: n, columns: n, entries }, error);
      const least = singularValues(rowsOf(entries, n)).at(-1)!;
      if (proved === undefined) {
        expect(least).toBeLessThan(1e-3 + 10 * n * error);
        continue;
      }
      const moved = entries.map((entry, at) => entry + (at % 2 ? error : -error));
      for (const matrix of [entries, moved])
        expect(proved.least).toBeLessThanOrEqual(singularValues(rowsOf(matrix, n)).at(-1)! * (1 + 1e-12));
      expect(proved.least).toBeGreaterThan(least * (1 - 1e-6) - 10 * n * error);
    }
  });

  it('knows the sign of the determinant', () => {
    const turn = (entries: number[]): number | undefined => {
      const n = Math.sqrt(entries.length);
      return provedInverse({ rows: n, columns: n, entries: Float64Array.from(entries) }, 0)?.turn;
    };
    expect(turn([1, 0, 0, 1])).toBe(1);
    expect(turn([0, 1, 1, 0])).toBe(-1);
    expect(turn([0, 1, 0, 0, 0, 1, 1, 0, 0])).toBe(1);
    expect(turn([2, 1, 1, -3])).toBe(-1);
    expect(turn([-1, 0, 0, 0, -1, 0, 0, 0, -1])).toBe(-1);
    expect(turn([1, 2, 2, 4])).toBeUndefined();
    expect(turn([1, 1, 1, 1 + 2 ** -52])).toBeUndefined();
  });
});
