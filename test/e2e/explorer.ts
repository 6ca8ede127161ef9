import type { Locator, Page } from 'playwright-core';
import { PATIENCE, until } from './waiting.ts';

/** Clicks through the explorer to a file, as a user would, and waits for its tab. */
export async function openFromExplorer(page: Page, path: string): Promise<void> {
  await (await walkTo(page, path)).click();
  await untilTabIsActive(page, path.slice(path.lastIndexOf('/') + 1));
}

/** Opens the folders on the way to a file and finds its row. */
async function walkTo(page: Page, path: string): Promise<Locator> {
  const names = path.split('/');
  let above = -1;
  for (const [depth, name] of names.entries()) {
    const { row, index } = await findRow(page, name, depth + 1, above, path);
    if (depth === names.length - 1) return row;
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
    above = index;
  }
  throw new Error('The path is empty.');
}

/** Chooses an entry of the context menu of a file that the explorer shows. */
export async function chooseFromExplorerMenu(page: Page, path: string, entry: string): Promise<void> {
  const row = await walkTo(page, path);
  await row.click({ button: 'right' });
  const item = page.locator('.context-view .monaco-menu .action-item').filter({ hasText: entry });
  await item.first().click({ timeout: PATIENCE });
}

export async function untilTabIsActive(page: Page, fileName: string): Promise<void> {
  await page.locator(`.tab.active[data-resource-name="${fileName}"]`).first().waitFor({ timeout: PATIENCE });
}

/** Two open folders may hold the same name: the right one is the first below its parent's row. */
async function findRow(page: Page, name: string, level: number, above: number, path: string) {
  const tree = page.locator('.explorer-folders-view .monaco-list-row');
  return until<{ row: Locator; index: number }>(
    async () => {
      for (const row of await tree.and(page.locator(`[aria-level="${level}"]`)).all()) {
        const index = Number(await row.getAttribute('data-index', { timeout: 1000 }).catch(() => -1));
        const label = await row
          .locator('.label-name')
          .innerText({ timeout: 1000 })
          .catch(() => '');
        if (index > above && label === name) return { row, index };
      }
      return undefined;
    },
    async () => {
      const shown = await tree.locator('.label-name').allInnerTexts();
      return `the explorer shows no "${name}" of "${path}"; it shows: ${shown.join(' | ') || 'nothing'}.`;
    },
  );
}
