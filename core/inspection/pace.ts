import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../compute/engine.ts';
import { Cancelled, type Work } from '../compute/work.ts';

/** Between two looks at the message queue. Half of what a key press may wait. */
const breathEveryMs = 20;

/** The clock of one inspection: everything that runs long is given a Work made from it. */
export interface Pace {
  readonly seconds: () => number;
  /** A Work that ends at the given second, and never after the whole budget. */
  until(second: number): Work;
}

export function startPace(engine: Engine, signal: AbortSignal, budgetSeconds: number): Pace {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let lastBreath = start;
  return {
    seconds,
    until: (second) => ({
      engine,
      async breathe() {
        const now = performance.now();
        if (now - lastBreath > breathEveryMs) {
          await setImmediate();
          lastBreath = performance.now();
        }
        if (signal.aborted) throw new Cancelled();
      },
      remainingSeconds: () => Math.max(0, Math.min(second, budgetSeconds) - seconds()),
    }),
  };
}
