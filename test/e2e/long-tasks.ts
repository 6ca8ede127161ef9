import { loadavg } from 'node:os';
import type { Frame } from 'playwright-core';

/** What held the main thread of a document, for the results of the suite: never judged there, for on a busy machine a task is long because it waits for a core. */
export interface LongTasks {
  /** The browser's own entries, 50 ms and more of the clock, the longest first. */
  readonly milliseconds: readonly number[];
  /** Of the longest frame: what ran in it, and for how long. */
  readonly longestFrame: readonly string[];
  /** Of the machine, at the end. */
  readonly load: number;
}

declare module 'vitest' {
  interface TaskMeta {
    longTasks?: LongTasks;
  }
}

/** From now on, in this document only: other frames may share its thread. */
export async function watchLongTasks(frame: Frame): Promise<() => Promise<LongTasks>> {
  // As text: Node and the browser do not agree on the types of performance entries.
  await frame.evaluate(`{
    const seen = (window.longTasksSeen = { milliseconds: [], longestFrame: [], longest: 0 });
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) if (name === 'self') seen.milliseconds.push(duration);
    }).observe({ type: 'longtask' });
    new PerformanceObserver((list) => {
      for (const { startTime, duration, renderStart, scripts } of list.getEntries()) {
        if (duration <= seen.longest) continue;
        seen.longest = duration;
        const drawing = renderStart > 0 ? startTime + duration - renderStart : 0;
        seen.longestFrame = [Math.round(duration) + ' ms, ' + Math.round(drawing) + ' ms of it drawing'].concat(scripts.map((script) => [script.invoker, script.sourceFunctionName, Math.round(script.duration) + ' ms'].filter(Boolean).join(' ')));
      }
    }).observe({ type: 'long-animation-frame' });
  }`);
  return async () => {
    const { milliseconds, longestFrame } = await frame.evaluate(
      () => (window as unknown as { longTasksSeen: Omit<LongTasks, 'load'> }).longTasksSeen,
    );
    return { milliseconds: milliseconds.toSorted((a, b) => b - a), longestFrame, load: loadavg()[0]! };
  };
}
