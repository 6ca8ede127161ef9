import { expect, test } from 'vitest';
import { roundsFor } from '../../core/operators/smoothings/sorting.ts';

/** By the 0-1 principle (Knuth, 5.3.4, Theorem Z) comparisons that sort all zeros and ones sort everything. */
test('the first entries come out in order, whatever went in', () => {
  for (let entries = 1; entries <= 10; entries++)
    for (const wanted of new Set([1, Math.ceil(entries / 2), entries])) {
      const rounds = roundsFor(entries, wanted);
      for (const round of rounds) expect(new Set(round.flat()).size).toBe(2 * round.length);
      for (let bits = 0; bits < 2 ** entries; bits++) {
        const numbers = Array.from({ length: entries }, (_, i) => (bits >> i) & 1);
        const inOrder = numbers.toSorted((a, b) => a - b);
        for (const round of rounds)
          for (const [first, later] of round)
            if (numbers[first]! > numbers[later]!)
              [numbers[first], numbers[later]] = [numbers[later]!, numbers[first]!];
        if (inOrder.slice(0, wanted).some((value, i) => value !== numbers[i]))
          throw new Error(`${entries} entries, ${wanted} wanted: ${bits.toString(2)}`);
      }
    }
});

test('a thousand entries are sorted in 55 rounds, two in one', () => {
  expect(roundsFor(1000, 1000)).toHaveLength(55);
  expect(roundsFor(2, 2)).toHaveLength(1);
});
