import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ringMap } from '../../report/fixtures/ring-map.ts';
import { residualCnn } from '../../report/fixtures/residual-cnn.ts';
import { watchMainThread } from '../main-thread.ts';
import type { PanelView } from '../panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from '../panel-page.ts';
import { laidReady, sendTiles, tilesOf } from './tiles.ts';

/** A busy machine draws late. */
const patience = { timeout: 20_000 };

describe.skipIf(browserPath === undefined)('tiles that stream in (skipped where no Chromium is on the PATH)', () => {
  let view: PanelView;
  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    await view.send({ kind: 'show', tab: 'map' });
  });
  afterAll(() => view.close());

  const picture = (): Promise<string> =>
    view.page.locator('lipschitz-map-canvas canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

  test('end in the picture of the whole map, with the main thread free between them', async ({ task }) => {
    const map = ringMap(100, 100);
    await laidReady(view.page, tilesOf(map));
    // Numbers in the results of the suite, not judged: on a busy machine a task is long because it waits for a core.
    const mainThread = await watchMainThread(view, () => sendTiles(view.page));
    task.meta.mainThread = mainThread;
    process.stdout.write(`100 × 100 cells in 100 tiles: ${JSON.stringify(mainThread)}\n`);
    const grown = await picture();
    await view.send({ kind: 'map', state: { kind: 'finished', map } });
    await expect.poll(() => view.page.getByText('100% of them done').count(), patience).toBe(0);
    expect(await picture()).toBe(grown);
    expect(view.complaints).toEqual([]);
  });

  test('are in the table too, of which only what is on screen is in the page', async () => {
    const { page } = view;
    await page.getByText('The cells as a table').click();
    const table = page.getByRole('region', { name: 'Cells of the map' });
    await expect.poll(() => table.locator('td[aria-colindex]').count(), patience).toBeGreaterThan(20);
    expect(await table.locator('td[aria-colindex]').count()).toBeLessThan(1500);
    const texts = (): Promise<readonly string[]> => table.locator('tbody td[aria-colindex]').allInnerTexts();
    expect((await texts()).every((text) => text !== 'not known yet')).toBe(true);
    await table.evaluate((frame) => frame.scrollTo(frame.scrollWidth, frame.scrollHeight));
    await expect.poll(() => table.locator('tr[aria-rowindex="101"] td[aria-colindex="101"]').count(), patience).toBe(1);
    expect(await table.locator('tr[aria-rowindex="2"]').count()).toBe(0);
  });
});
