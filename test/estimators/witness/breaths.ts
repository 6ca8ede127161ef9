import type { Engine } from '../../../core/compute/engine.ts';
import type { Work } from '../../../core/compute/work.ts';

/** A budget in breaths, not seconds: the same search on every machine. */
export function breathsOf(engine: Engine, count: number): Work {
  let left = count;
  return {
    engine,
    breathe: () => {
      left--;
      return Promise.resolve();
    },
    remainingSeconds: () => Math.max(0, left / 10),
  };
}
