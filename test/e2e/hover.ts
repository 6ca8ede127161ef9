import type { Page } from 'playwright-core';
import { goToLine } from './quick-input.ts';
import { happens, until } from './waiting.ts';

/** A text that the visible editor shows, or a position (from 1) that is scrolled to. */
export type HoverTarget = string | { readonly line: number; readonly column: number };

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Rests the mouse on the first character of the target and returns what the hover says. */
export async function hoverText(page: Page, target: HoverTarget): Promise<string> {
  const point = typeof target === 'string' ? await pointOfText(page, target) : await pointOfPosition(page, target);
  const hover = page.locator('.monaco-hover:not(.hidden) .hover-contents');
  return until(
    async () => {
      await page.mouse.move(2, 2);
      await page.mouse.move(point.x - 1, point.y);
      await page.mouse.move(point.x, point.y);
      // A language's extension may be activated only by this first hover: ask again until it has something to say.
      if (!(await happens(hover.first().waitFor({ timeout: 2000 })))) return undefined;
      const text = (await hover.allInnerTexts()).join('\n').trim();
      return text === '' || text === 'Loading...' ? undefined : text;
    },
    () => `no hover is shown at ${JSON.stringify(target)}.`,
  );
}

/** An editor that has just opened is still moved and coloured; only a place found twice in a row is the place. */
async function pointOfText(page: Page, text: string): Promise<Point> {
  let previous: Point | undefined;
  return until(
    async () => {
      const point = await locateText(page, text).catch(() => undefined);
      const isSettled = point !== undefined && point.x === previous?.x && point.y === previous.y;
      previous = point;
      return isSettled ? point : undefined;
    },
    () => `no visible editor line contains "${text}".`,
  );
}

async function locateText(page: Page, text: string): Promise<Point | undefined> {
  const line = page.locator('.monaco-editor .view-line:visible').filter({ hasText: text }).first();
  if (!(await line.isVisible())) return undefined;
  const tokens = await line.locator('xpath=./span/span').all();
  const contents = await Promise.all(tokens.map(async (token) => withPlainSpaces(await token.textContent())));
  let start = contents.join('').indexOf(text);
  for (const [index, content] of contents.entries()) {
    if (start >= 0 && start < content.length) {
      const box = await tokens[index]?.boundingBox();
      // The editor's font is monospaced, so a token divides evenly.
      if (box) return { x: box.x + (box.width * (start + 0.5)) / content.length, y: box.y + box.height / 2 };
    }
    start -= content.length;
  }
  return undefined;
}

async function pointOfPosition(page: Page, { line, column }: { line: number; column: number }): Promise<Point> {
  await goToLine(page, line, column);
  const box = await page.locator('.monaco-editor.focused .cursors-layer .cursor').first().boundingBox();
  if (!box) throw new Error(`The active editor shows no cursor at line ${line}, column ${column}.`);
  return { x: box.x + 3, y: box.y + box.height / 2 };
}

/** The editor draws spaces as no-break spaces. */
function withPlainSpaces(text: string | null): string {
  return (text ?? '').replaceAll('\u00a0', ' ');
}
