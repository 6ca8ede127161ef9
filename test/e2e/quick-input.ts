import type { Locator, Page } from 'playwright-core';
import { PATIENCE, happens, until } from './waiting.ts';

const INPUT = '.quick-input-widget .quick-input-box input';

/** The box at the top of the window: `>` searches commands, `:` goes to a line, anything else finds a file. */
async function typeInQuickInput(page: Page, text: string): Promise<void> {
  const input = page.locator(INPUT);
  await until(
    async () => {
      // F1 rather than a chord: it is the same key on every platform, and webviews hand it on to the workbench.
      if (!(await input.isVisible())) await page.keyboard.press('F1');
      // The box of the previous command may just be closing: then it takes no text, and the key has to come again.
      return (await happens(input.fill(text, { timeout: 2000 }))) ? true : undefined;
    },
    () => 'F1 does not open the command palette.',
  );
}

function rows(page: Page): Locator {
  return page.locator('.quick-input-widget .quick-input-list .monaco-list-row');
}

async function closeQuickInput(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden', timeout: PATIENCE });
}

/** Types until a row with this label is offered: what an extension contributes appears only after its registration. */
async function chooseRow(page: Page, text: string, row: Locator, what: string): Promise<void> {
  await until(
    async () => {
      await typeInQuickInput(page, text);
      if (await happens(row.first().click({ timeout: 4000 }))) return true;
      await closeQuickInput(page);
      return undefined;
    },
    async () => {
      await typeInQuickInput(page, text);
      await page.waitForTimeout(1000);
      const offered = await rows(page).locator('.label-name').allInnerTexts();
      await closeQuickInput(page);
      return `${what} is not offered for "${text}"; offered: ${offered.join(' | ') || 'nothing'}.`;
    },
  );
}

function labelled(page: Page, label: string): Locator {
  // Commands are labelled "Category: Title"; an icon leaves a space before the label.
  const exactly = new RegExp(`^\\s*(?:[^:]+: )?${escape(label)}$`);
  return rows(page).filter({ has: page.locator('.label-name').filter({ hasText: exactly }) });
}

export async function runCommand(page: Page, title: string): Promise<void> {
  await chooseRow(page, `>${title}`, labelled(page, title), `The command "${title}"`);
}

/** Waits until the palette offers a command, which an extension's does only once VS Code has registered the extension. */
export async function untilOffered(page: Page, title: string): Promise<void> {
  await until(
    async () => {
      await typeInQuickInput(page, `>${title}`);
      const offered = await happens(labelled(page, title).first().waitFor({ timeout: 4000 }));
      await closeQuickInput(page);
      return offered ? true : undefined;
    },
    () => `the palette does not offer "${title}".`,
    2 * PATIENCE,
  );
}

/** Opens a file by its path in the workspace, written with slashes. */
export async function quickOpenFile(page: Page, path: string): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  await chooseRow(page, path, labelled(page, name), `The file "${path}"`);
}

/** Puts the cursor of the file in front at a place, counted from 1, and waits until it is there. */
export async function goToLine(page: Page, line: number, column: number): Promise<void> {
  await until(
    async () => {
      await typeInQuickInput(page, `:${line}:${column}`);
      await page.keyboard.press('Enter');
      // Enter that comes before the box has understood the place only closes it.
      return (await happens(cursorAt(page, line, column).waitFor({ timeout: 4000 }))) || undefined;
    },
    () => `the cursor does not go to line ${line}, column ${column}.`,
  );
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden', timeout: PATIENCE });
}

/** The status bar once it says that the cursor is there. */
export function cursorAt(page: Page, line: number, column: number): Locator {
  const place = new RegExp(`Ln ${line}, Col ${column}(?!\\d)`);
  return page.locator('.statusbar-item[id="status.editor.selection"]').filter({ hasText: place });
}

/** Picks an entry of a list that an extension shows after one of its commands. */
export async function pick(page: Page, label: string): Promise<void> {
  const input = page.locator(INPUT);
  await until(
    async () => {
      // A long list draws only its visible rows, so it is searched rather than scrolled; the list before it may take the text.
      if (!(await happens(input.fill(label, { timeout: 4000 })))) return undefined;
      return (await happens(labelled(page, label).first().click({ timeout: 4000 }))) || undefined;
    },
    () => `no list offers "${label}".`,
  );
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
