/**
 * The main thread of the page, in turns. What takes long to draw is drawn a piece at a time, each in a task of its own with a frame
 * before it, so that keys, clicks and scrolling come in between. What a piece asks for while it is drawn comes right after it, before
 * what has been waiting: a page fills from its top. What nobody waits for, or has its room kept, comes last.
 */
const waiting: (() => void)[] = [];
/** Where the next that asks goes. */
let place = 0;
let pace: 'idle' | 'running' = 'idle';

/** Until a task of one's own begins. */
export const turn = (): Promise<void> =>
  new Promise((begin) => {
    waiting.splice(place++, 0, begin);
    run();
  });

/** The same, once everything else that waits is drawn. */
export const lastTurn = (): Promise<void> =>
  new Promise((begin) => {
    waiting.push(begin);
    run();
  });

function run(): void {
  if (pace === 'running') return;
  pace = 'running';
  afterFrame(next);
}

function next(): void {
  place = 0;
  waiting.shift()?.();
  if (waiting.length > 0) afterFrame(next);
  else pace = 'idle';
}

/** Pages that are hidden get no frames. */
const longestFrame = 100;

function afterFrame(act: () => void): void {
  const late = setTimeout(() => {
    cancelAnimationFrame(frame);
    act();
  }, longestFrame);
  const frame = requestAnimationFrame(() => {
    clearTimeout(late);
    // Behind what the frame itself lays out and paints.
    setTimeout(act);
  });
}
