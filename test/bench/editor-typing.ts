import type { Page } from 'playwright-core';

/** Types into the comment at the start of the visible Python file, and measures from each key to the change of the line that it makes. */
export async function typingTimes(page: Page, keys: number): Promise<readonly number[]> {
  await page
    .locator('.monaco-editor .view-lines')
    .first()
    .click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('Control+Home');
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
