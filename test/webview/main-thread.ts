import type { PanelView } from './panel-page.ts';

/** What the page's main thread did meanwhile, in milliseconds. */
export interface MainThread {
  /** The browser's own long-task entries, 50 ms and more of the clock, the longest first. They count the time in which a task waits for a core. */
  readonly longTasks: readonly number[];
  /** Processor time of its longest task: the same on a busy machine. Absent where the platform does not tell it. */
  readonly longestWork: number | undefined;
}

declare module 'vitest' {
  interface TaskMeta {
    mainThread?: MainThread;
  }
}

/** Watches the page while something is done in it. */
export async function watchMainThread({ page }: PanelView, act: () => Promise<void>): Promise<MainThread> {
  // Playwright's own script comes into the page with the first question for an element, and is no work of the page's.
  await page.locator('html').count();
  // As text: Node and the browser do not agree on the types of performance entries.
  await page.evaluate(`
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: 'longtask' });
  `);
  const tracing = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  tracing.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await tracing.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline'] },
  });
  await act();
  await page.waitForTimeout(500);
  const complete = new Promise<void>((done) => tracing.once('Tracing.tracingComplete', () => done()));
  await tracing.send('Tracing.end');
  await complete;
  await tracing.detach();
  const seen = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
  return { longTasks: seen.toSorted((a, b) => b - a), longestWork: longestTask(events) };
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
  /** Processor time in microseconds. */
  readonly tdur?: number;
}

/** Of the page's main thread. Chromium has one such thread for every page, and for its own. */
function longestTask(events: readonly TraceEvent[]): number | undefined {
  const mains = new Set(
    events.flatMap(({ name, pid, tid, args }) =>
      name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid}/${tid}`] : [],
    ),
  );
  const times = events.flatMap(({ name, pid, tid, tdur }) =>
    tdur !== undefined && name.endsWith('RunTask') && mains.has(`${pid}/${tid}`) ? [tdur / 1000] : [],
  );
  return times.length === 0 ? undefined : Math.max(...times);
}
