import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { drawn, wear } from './panel-page.ts';
import type { ThemeName } from './themes.ts';
import { themes } from './themes.ts';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Of what passes, axe-core would otherwise describe every element. */
const everything: RunOptions = { resultTypes: ['violations'] };

/** What axe-core complains about, by all its rules. */
export async function complaintsIn(page: Page): Promise<readonly string[]> {
  // Contrast is that of values which have faded in.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  return ask(page, everything);
}

/** The same in the theme that the page wears and in each of the others, with the theme's name. */
export async function complaintsInAllThemes(page: Page, worn: ThemeName): Promise<readonly string[]> {
  const complaints = [...(await complaintsIn(page))];
  for (const theme of (Object.keys(themes) as ThemeName[]).filter((name) => name !== worn)) {
    await wear(page, theme);
    complaints.push(...(await ask(page, everything)).map((complaint) => `${theme}: ${complaint}`));
  }
  await wear(page, worn);
  return complaints;
}

async function ask(page: Page, options: RunOptions): Promise<readonly string[]> {
  await drawn(page);
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  const { violations } = await page.evaluate(
    (asked) => (window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(asked),
    options,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  );
}
