import { describe, expect, test } from 'vitest';
import { boundMethods } from '../../core/estimators/conductor/methods.ts';
import { methodNames, methodWords } from '../../core/report/method-names.ts';
import { methodNotes } from '../../core/report/methods.ts';
import { residualCnn } from './fixtures/residual-cnn.ts';

describe('the names of methods', () => {
  test('every method of bounding has one', () => {
    expect(boundMethods.map(({ name }) => name).filter((name) => !(name in methodNames))).toEqual([]);
  });

  test('no two methods share one, which a figure could not tell apart', () => {
    const names = Object.values(methodNames);
    expect(new Set(names).size).toBe(names.length);
  });

  test('are the same with hyphens and with spaces; what nobody knows is said as it is', () => {
    expect(methodWords('closed form')).toBe(methodWords('closed-form'));
    expect(methodWords('method-of-tomorrow')).toBe('method of tomorrow');
  });

  test('a report says of each method that it used what it does, under the name that its tables have', () => {
    const notes = methodNotes(residualCnn).map(({ method }) => method);
    expect(notes).toContain('product');
    expect(notes.every((method) => method in methodNames)).toBe(true);
  });
});
