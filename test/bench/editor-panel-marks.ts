import type { Frame, Page } from 'playwright-core';
import { panelOf } from '../e2e/panel.ts';
import { until } from '../e2e/waiting.ts';
import type { Workbench } from '../e2e/workbench.ts';

/** Moments in milliseconds since 1970, which is the same clock in the window and in the frames within it. */
interface Marks {
  /** The last click, of the mouse button going down. */
  clicked: number;
  /** The panel's script runs. */
  script?: number;
  /** The panel lists the layers. */
  opened?: number;
  /** The network's interval is there, in the frame that is about to be painted. */
  interval?: number;
  stopped?: number;
  longTasks: { readonly start: number; readonly duration: number }[];
}

declare global {
  interface Window {
    marks?: Marks;
  }
}

/** From now on every document keeps the time by itself: whoever asks from outside, however late, gets the true moments. */
export const keepTime = (page: Page): Promise<unknown> =>
  Promise.all([page.addInitScript(watch), page.evaluate(watch)]);

function watch(): void {
  if (window.marks !== undefined) return;
  const marks: Marks = { clicked: 0, longTasks: [] };
  window.marks = marks;
  const now = (): number => performance.timeOrigin + performance.now();
  const noteClicks = (): void =>
    document.addEventListener('mousedown', (event) => (marks.clicked = performance.timeOrigin + event.timeStamp), true);
  if (window === window.top) {
    noteClicks();
    return;
  }
  new PerformanceObserver((list) => {
    // Other frames may share the thread: only this document's own tasks count.
    for (const { name, startTime, duration } of list.getEntries())
      if (name === 'self') marks.longTasks.push({ start: performance.timeOrigin + startTime, duration });
  }).observe({ type: 'longtask', buffered: true });
  const look = (panel: ShadowRoot): void => {
    const overview = panel.querySelector('lipschitz-overview')?.shadowRoot;
    if (overview?.querySelector('.summary')) marks.opened ??= now();
    const interval = overview?.querySelector('.headline strong')?.textContent ?? '…';
    if (interval !== '…') marks.interval ??= now();
    if (panel.querySelector('.banner.stopped')) marks.stopped ??= now();
    requestAnimationFrame(() => look(panel));
  };
  // VS Code replaces the document with its listeners and animation frames: only a timer outlives that.
  const waiting = setInterval(() => {
    const panel = document.querySelector('lipschitz-panel')?.shadowRoot;
    if (!panel) return;
    clearInterval(waiting);
    marks.script = now();
    noteClicks();
    look(panel);
  }, 4);
}

export type Moment = 'script' | 'opened' | 'interval' | 'stopped';

/** All marks of the visible panel once the moment has come. */
export function marksAt(workbench: Workbench, moment: Moment): Promise<{ panel: Frame; marks: Marks }> {
  return until(
    async () => {
      const panel = await panelOf(workbench);
      const marks = await panel.evaluate(() => window.marks).catch(() => undefined);
      return marks?.[moment] === undefined ? undefined : { panel, marks };
    },
    () => `the panel does not come to the moment "${moment}".`,
  );
}

/** Of the last click in the workbench itself, outside of the panels. */
export const lastClick = async ({ page }: Workbench): Promise<number> =>
  (await page.evaluate(() => window.marks?.clicked)) ?? Number.NaN;
