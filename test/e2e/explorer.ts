import type { Locator, Page } from 'playwright-core';
import { runCommand } from './quick-input.ts';
import { PATIENCE, happens, until } from './waiting.ts';

/** Clicks through the explorer to a file, as a user would, and waits for its tab. */
export async function openFromExplorer(page: Page, path: string): Promise<void> {
  await (await walkTo(page, path)).click();
  await untilTabIsActive(page, path.slice(path.lastIndexOf('/') + 1));
}

/**
 * Opens the folders on the way to a file and finds its row. The tree is drawn anew whenever files change, and a click may meet it in
 * the midst of that: so every look begins at the top and opens whatever is (still or again) closed.
 */
async function walkTo(page: Page, path: string): Promise<Locator> {
  const names = path.split('/');
  let looks = 0;
  return until<Locator>(
    async () => {
      // Where the machine is busy, news from the file watcher may never arrive.
      if (++looks % 20 === 0) await runCommand(page, 'Refresh Explorer');
      let above = -1;
      for (const [depth, name] of names.entries()) {
        const found = await findRow(page, name, depth + 1, above);
        if (found === undefined || depth === names.length - 1) return found?.row;
        const expanded = await found.row.getAttribute('aria-expanded', { timeout: 1000 }).catch(() => undefined);
        if (expanded === 'false') await expand(page, name, found.row);
        above = found.index;
      }
      return undefined;
    },
    async () => {
      const shown = await page.locator('.explorer-folders-view .monaco-list-row .label-name').allInnerTexts();
      return `the explorer shows no "${path}"; it shows: ${shown.join(' | ') || 'nothing'}.`;
    },
  );
}

/** One click, and time for it: on a busy machine a folder opens seconds later, and a second click would close it again. */
async function expand(page: Page, name: string, folder: Locator): Promise<void> {
  if (!(await happens(folder.click({ timeout: 5000 })))) return;
  const opened = page
    .locator('.explorer-folders-view .monaco-list-row[aria-expanded="true"]')
    .filter({ hasText: name });
  await happens(opened.first().waitFor({ timeout: 10_000 }));
}

/** Chooses an entry of the context menu of a file that the explorer shows. */
export async function chooseFromExplorerMenu(page: Page, path: string, entry: string): Promise<void> {
  const items = page.locator('.context-view .monaco-menu .action-item');
  const item = items.filter({ hasText: entry });
  let offered = 'no menu';
  await until(
    async () => {
      const row = await walkTo(page, path);
      if (!(await happens(row.click({ button: 'right', timeout: 5000 })))) return undefined;
      const chosen = await happens(item.first().click({ timeout: 5000 }));
      // A click that comes while the menu is still being laid out is swallowed: then the menu stays.
      if (chosen && (await happens(item.first().waitFor({ state: 'hidden', timeout: 3000 })))) return true;
      offered = (await items.allInnerTexts()).join(' | ') || 'no menu';
      // The menu closes when the tree below it is drawn anew.
      await page.keyboard.press('Escape');
      return undefined;
    },
    () => `the context menu of "${path}" offers no "${entry}"; it offered: ${offered}.`,
    // The walk to a row that the explorer does not know yet may take as long as one of these by itself.
    3 * PATIENCE,
  );
}

export async function untilTabIsActive(page: Page, fileName: string): Promise<void> {
  await page.locator(`.tab.active[data-resource-name="${fileName}"]`).first().waitFor({ timeout: PATIENCE });
}

/** Two open folders may hold the same name: the right one is the first below its parent's row. */
async function findRow(page: Page, name: string, level: number, above: number) {
  const rows = page.locator(`.explorer-folders-view .monaco-list-row[aria-level="${level}"]`);
  for (const row of await rows.all()) {
    const index = Number(await row.getAttribute('data-index', { timeout: 1000 }).catch(() => -1));
    const label = await row
      .locator('.label-name')
      .innerText({ timeout: 1000 })
      .catch(() => '');
    if (index > above && label === name) return { row, index };
  }
  return undefined;
}
