import { describe, expect, it } from 'vitest';
import { Envelope } from '../../../core/compute/linear-algebra/envelope.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { numbersFrom, workOf } from '../../estimators/norms/small-maps.ts';

/** B B' for a B whose rows begin where `first` says, so that the product has that envelope; the least eigenvalue follows from B. */
function squared(n: number, seed: number, shift: number): { envelope: Envelope; first: number[] } {
  const next = numbersFrom(seed);
  const first = Array.from({ length: n }, (_, i) => Math.max(0, i - 1 - ((i * 7 + seed) % 9)));
  const rows = first.map((from, i) =>
    Array.from({ length: n }, (_, j) => (j < from || j > i ? 0 : j === i ? 8 : next())),
  );
  const envelope = Envelope.of(Int32Array.from(first), 1e6)!;
  for (let i = 0; i < n; i++)
    for (let j = first[i]!; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += rows[i]![k]! * rows[j]![k]!;
      envelope.add(i, j, sum - (i === j ? shift : 0));
    }
  return { envelope, first };
}

describe('An envelope', () => {
  it.each([1, 2, 3, 4, 5, 9, 31, 64])('of %i rows is factored when positive, and refused when not', async (n) => {
    const pace = new Pace(workOf());
    for (let seed = 1; seed < 6; seed++) {
      const { envelope } = squared(n, seed, 0);
      expect(await envelope.factorises(pace)).toBe(true);
      // The determinant is the product of the squared diagonal of B, whatever stands below it.
      let logarithm = 0;
      for (let i = 0; i < n; i++) logarithm += Math.log(envelope.diagonal(i));
      expect(logarithm).toBeCloseTo(n * Math.log(8), 9);
      // The first entry of the diagonal is 64.
      expect(await squared(n, seed, 65).envelope.factorises(pace)).toBe(false);
    }
  });

  it('is not made where it would be too large, and takes nothing left of its rows', () => {
    expect(Envelope.of(new Int32Array(100), 1000)).toBeUndefined();
    expect(() => Envelope.of(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 100)!.add(7, 0, 1)).toThrow(RangeError);
  });
});
