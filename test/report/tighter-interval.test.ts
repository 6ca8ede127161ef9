import { expect, test } from 'vitest';
import type { Rigor } from '../../core/bound.ts';
import type { LipschitzInterval } from '../../core/report/inspection.ts';
import { tighterInterval } from '../../core/report/tighter-interval.ts';

const interval = (lower: number, upper: number | null, rigor: Rigor = 'certified'): LipschitzInterval => ({
  lower: { value: lower, method: 'ascent', rigor },
  upper: upper === null ? { value: null, pending: true } : { value: upper, method: 'product', rigor },
});

test('takes the better end on either side', () => {
  expect(tighterInterval(interval(2, 9), interval(1, 5))).toEqual({
    lower: interval(2, 9).lower,
    upper: interval(1, 5).upper,
  });
  expect(tighterInterval(interval(1, null), interval(2, 5))).toEqual(interval(2, 5));
  expect(tighterInterval(interval(2, 5), interval(1, null))).toEqual(interval(2, 5));
});

test('never takes a tighter end that is known less well', () => {
  expect(tighterInterval(interval(1, 9), interval(3, 5, 'estimate'))).toEqual(interval(1, 9));
  expect(tighterInterval(interval(1, 9, 'estimate'), interval(3, 5))).toEqual(interval(3, 5));
});
