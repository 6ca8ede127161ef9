import type { SharedWork } from '../../../core/estimators/conductor/method.ts';
import { lazyEngine } from '../norms/small-maps.ts';
import { breathsOf } from '../witness/breaths.ts';

/** Alone with a budget in breaths, of which ten make a second: the same iterates are proved on every machine, however busy. */
export function steadyWork(breaths: number): SharedWork {
  const work = breathsOf(lazyEngine, breaths);
  return {
    ...work,
    turns: {
      seconds: () => breaths / 10 - work.remainingSeconds(),
      standing: () => ({ lower: 0, upper: Number.POSITIVE_INFINITY }),
      expect: () => undefined,
    },
  };
}
