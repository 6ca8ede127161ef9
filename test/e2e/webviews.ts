import type { Frame, Page } from 'playwright-core';
import { PATIENCE, until } from './waiting.ts';

/** The document of the visible webview in which the selector is visible. */
export async function findWebview(page: Page, selector: string, patience: number = PATIENCE): Promise<Frame> {
  return until(
    async () => {
      for (const frame of webviewFrames(page))
        // A frame may go away while it is asked.
        if (await showsSelector(frame, selector).catch(() => false)) return frame;
      return undefined;
    },
    async () => {
      const addresses = webviewFrames(page).map((frame) => frame.url().replace(/\?.*/, ''));
      const said = await page.locator('.notification-list-item-message').allInnerTexts();
      const messages = said.length === 0 ? '' : ` Messages: ${said.join(' | ')}`;
      return `no webview shows "${selector}"; webview frames: ${addresses.join(' | ') || 'none'}.${messages}`;
    },
    patience,
  );
}

/** A webview is a frame within a frame: VS Code's index.html, and the extension's document in it. */
function webviewFrames(page: Page): Frame[] {
  return page.frames().filter((frame) => frame.parentFrame()?.parentFrame());
}

async function showsSelector(frame: Frame, selector: string): Promise<boolean> {
  if (!(await frame.locator(selector).first().isVisible())) return false;
  // A webview that is kept while hidden has visible contents in a hidden frame.
  const outer = await frame.parentFrame()?.frameElement();
  return (await outer?.isVisible()) ?? false;
}
