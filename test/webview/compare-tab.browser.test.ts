import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInspections } from '../../core/report/comparison/compare.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { certified } from '../report/fixtures/inspection.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openBrowser, openPanel, packedPanel } from './panel-page.ts';
import type { ThemeName } from './themes.ts';
import { themes } from './themes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The same network some epochs ago: its first layer was half as large, its last had another name. */
const earlier: Inspection = {
  ...residualCnn,
  model: { ...residualCnn.model, file: 'epoch-3.onnx', sha256: '1'.repeat(64) },
  layers: residualCnn.layers.map((layer, i) =>
    i === 0
      ? {
          ...layer,
          norms: { l2: certified(layer.norms.l2!.lower / 2, layer.norms.l2!.upper! / 2, 'x') },
          weights: '1'.repeat(64),
        }
      : i === residualCnn.layers.length - 1
        ? { ...layer, name: 'head', kind: 'other' }
        : layer,
  ),
};
const comparison = compareInspections(earlier, residualCnn);
const { file } = residualCnn.model;
const finished = { kind: 'finished', other: '/run/epoch-3.onnx', comparison } as const;

describe.skipIf(browserPath === undefined)('the Compare tab in Chromium (skipped where none is on the PATH)', () => {
  let browser: Browser;
  let files: ReadonlyMap<string, Uint8Array>;
  let view: PanelView | undefined;

  beforeAll(async () => {
    files = await packedPanel();
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  const open = async (theme: ThemeName = 'dark', width = 1000): Promise<PanelView> => {
    await view?.page.context().close();
    view = await openPanel(browser, files, { theme, width });
    await view.send({ kind: 'state', state: { kind: 'finished', file, inspection: residualCnn } });
    await view.send({ kind: 'show', tab: 'compare' });
    return view;
  };

  test('asks for another model, shows what is under way, and can be cancelled and swapped by keyboard', async () => {
    const { page, posted, send, complaints } = await open();
    await page.getByRole('button', { name: 'Compare with…' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'compare-with' });
    const running = { other: '/run/epoch-3.onnx', comparison: undefined, activity: 'Norms of stem', fraction: 0.2 };
    await send({ kind: 'comparison', state: { kind: 'running', ...running } });
    await page.getByText('Norms of stem').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'cancel-compare' });
    await page.getByRole('button', { name: 'Swap' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'swap-compared' });
    expect(complaints).toEqual([]);
  });

  test('has a row for every layer, leads to the network’s table, and hides what did not change', async () => {
    const { page, send } = await open();
    await send({ kind: 'comparison', state: finished });
    const rows = page.locator('lipschitz-compare tbody tr');
    expect(await rows.count()).toBe(comparison.layers.length);
    expect(await rows.first().innerText()).toContain('rougher, proved');
    await page.getByRole('checkbox', { name: 'Only what changed' }).check();
    await expect.poll(() => rows.count()).toBeLessThan(comparison.layers.length);
    await rows.first().getByRole('button').press('Enter');
    await expect.poll(() => page.locator('lipschitz-detail').count()).toBe(1);
  });

  test('is saved in every format, in pixels as well', async () => {
    const { page, posted, send, complaints } = await open();
    await send({ kind: 'comparison', state: finished });
    for (const format of ['html', 'md', 'json', 'csv', 'svg'] as const) {
      await page
        .getByRole('button', { name: `Save the comparison as ${format === 'md' ? 'Markdown' : format.toUpperCase()}` })
        .click();
      expect((await posted()).at(-1)).toEqual({ kind: 'export-comparison', format });
    }
    const before = (await posted()).length;
    await page.getByRole('button', { name: 'Save the comparison as PNG' }).click();
    await expect.poll(async () => (await posted()).length).toBe(before + 1);
    const head = await page.evaluate(() => {
      const posted = (window as unknown as { posted: { picture?: Uint8Array }[] }).posted;
      return [...posted.at(-1)!.picture!.slice(1, 4)];
    });
    expect(String.fromCharCode(...head)).toBe('PNG');
    await page.getByRole('button', { name: 'TSV (comparison)' }).click();
    const copied = (await posted()).at(-1)!;
    expect('text' in copied ? copied.text : '').toContain('rougher, proved');
    expect(complaints).toEqual([]);
  });

  test.each(Object.keys(themes) as ThemeName[])(
    'axe-core finds nothing to complain about in the %s theme',
    async (theme) => {
      const { page, send } = await open(theme);
      await page.evaluate(axe);
      await send({ kind: 'comparison', state: finished });
      for (const width of theme === 'dark' ? [1000, 400] : [400]) {
        await page.setViewportSize({ width, height: 800 });
        await page.waitForTimeout(200);
        const { violations } = await page.evaluate(() =>
          (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
        );
        expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
      }
      // The page itself never scrolls sideways: what is wide does so in its own frame.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    },
  );
});
