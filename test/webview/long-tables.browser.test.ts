import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInspections } from '../../core/report/comparison/compare.ts';
import { thousandLayers } from '../report/fixtures/unusual.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser, showGraph } from './panel-page.ts';

const file = thousandLayers.model.file;

describe.skipIf(browserPath === undefined)(
  'a table of a thousand rows (skipped where no Chromium is on the PATH)',
  () => {
    let view: PanelView;

    beforeAll(async () => {
      view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
      await view.send({ kind: 'state', state: { kind: 'finished', file, inspection: thousandLayers } });
    });
    afterAll(() => view.close());

    const tables = {
      'of what is compared': async () => {
        const comparison = compareInspections(thousandLayers, thousandLayers);
        await view.send({ kind: 'comparison', state: { kind: 'finished', other: 'y.onnx', comparison } });
        await view.send({ kind: 'show', tab: 'compare' });
        return { name: 'Layers beside each other', rows: 1000, last: 'layers.999' };
      },
      'of the graph': async () => {
        await showGraph(view, thousandLayers);
        await view.page.getByText('The graph as a table').click();
        return { name: 'Nodes of the graph', rows: 1002, last: 'y' };
      },
    };

    test.each(Object.keys(tables) as (keyof typeof tables)[])(
      '%s holds the rows near the screen, scrolls to each of them, and keeps the widths of its columns',
      async (which) => {
        const { page } = view;
        const { name, rows, last } = await tables[which]();
        const frame = page.getByRole('region', { name });
        await frame.scrollIntoViewIfNeeded();
        const drawn = frame.locator('tbody tr:not([aria-hidden])');
        await expect.poll(() => frame.locator('table').getAttribute('aria-rowcount')).toBe(String(rows + 1));
        expect(await drawn.count()).toBeLessThan(100);
        const widths = (): Promise<number[]> =>
          frame.locator('thead th').evaluateAll((heads) => heads.map((head) => head.getBoundingClientRect().width));
        const before = await widths();
        const height = await frame.evaluate((element) => element.scrollHeight);
        await frame.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        await expect.poll(() => drawn.last().getAttribute('aria-rowindex')).toBe(String(rows + 1));
        expect(await drawn.last().innerText()).toContain(last);
        expect(await drawn.count()).toBeLessThan(100);
        // What is not drawn has its room.
        expect(Math.abs((await frame.evaluate((element) => element.scrollHeight)) - height)).toBeLessThan(height / 20);
        for (const [i, width] of (await widths()).entries()) expect(width).toBeGreaterThanOrEqual(before[i]! - 0.5);
        // Tab goes on from a row's button to the next one's, also where that was not drawn before.
        await frame.evaluate((element) => element.scrollTo(0, 0));
        await expect.poll(() => drawn.first().getAttribute('aria-rowindex')).toBe('2');
        await frame.locator('tbody button').first().focus();
        for (let k = 0; k < 45; k++) await page.keyboard.press('Tab');
        await expect.poll(() => frame.locator('tr:focus-within').getAttribute('aria-rowindex')).toBe('47');
      },
    );
  },
);
