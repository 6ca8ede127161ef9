import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInspections } from '../../core/report/comparison/compare.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { certified } from '../report/fixtures/inspection.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { complaintsIn, complaintsInAllThemes } from './axe.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

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
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  const open = async (): Promise<PanelView> => {
    await view.again();
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

  test('axe-core finds nothing to complain about, wide and narrow, in any theme', async () => {
    const { page, send } = await open();
    await send({ kind: 'comparison', state: finished });
    expect(await complaintsIn(page)).toEqual([]);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await complaintsInAllThemes(page, 'dark')).toEqual([]);
    // The page itself never scrolls sideways: what is wide does so in its own frame.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });
});
