import type { Page } from 'playwright-core';
import { goToLine } from '../e2e/quick-input.ts';

/** Types a comment into an empty line of the visible Python file, and measures from each key to the change on the screen that it makes. */
export async function typingTimes(page: Page, line: number, keys: number): Promise<readonly number[]> {
  await goToLine(page, line, 1);
  await page.keyboard.type('# ');
  await page.evaluate(observe);
  for (let key = 0; key < keys; key++) {
    await page.keyboard.press('x');
    await page.waitForTimeout(60);
  }
  return page.evaluate(() => (globalThis as unknown as { typed: number[] }).typed);
}

/** Runs in the page. */
function observe(): void {
  const typed: number[] = [];
  Object.assign(globalThis, { typed });
  let start: number | undefined;
  document.addEventListener('keydown', ({ key }) => (start = key === 'x' ? performance.now() : undefined), true);
  new MutationObserver(() => {
    if (start !== undefined) typed.push(performance.now() - start);
    start = undefined;
  }).observe(document.querySelector('.monaco-editor .view-lines')!, {
    subtree: true,
    childList: true,
    characterData: true,
  });
}
