import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { PATIENCE, until } from './waiting.ts';

/** Answers VS Code's own file dialog with this path, once it proposes what it should. */
export async function answerFileDialog(page: Page, proposal: string, path: string): Promise<void> {
  const input = page.locator('.quick-input-widget .quick-input-box input');
  await input.waitFor({ timeout: PATIENCE });
  await expect.poll(() => input.inputValue(), { timeout: PATIENCE }).toContain(proposal);
  await until(
    async () => {
      // The dialog takes Enter only when it has looked at the folder, and may write its proposal once more while it looks.
      if (!(await input.isVisible())) return true;
      await input.fill(path, { timeout: 1000 }).catch(() => undefined);
      if ((await input.inputValue({ timeout: 1000 }).catch(() => '')) === path)
        await input.press('Enter', { timeout: 1000 }).catch(() => undefined);
      return (await input.isVisible()) ? undefined : true;
    },
    () => `the dialog does not take "${path}".`,
  );
}
