/** A network of a thousand layers: what is drawn of it, in which order, and how it scrolls. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PanelState } from '../../webview/contract.ts';
import { thousandLayers } from '../report/fixtures/unusual.ts';
import { watchMainThread } from './main-thread.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, drawn, focusedText, laidInPage, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

const deep: PanelState = { kind: 'finished', file: 'deep.onnx', inspection: thousandLayers };

describe.skipIf(browserPath === undefined)('a thousand layers in Chromium (skipped where none is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  const open = async (): Promise<PanelView> => {
    await view.again({ width: 1000 });
    await view.send({ kind: 'state', state: deep });
    return view;
  };

  test('draws of a thousand layers only those near the screen', async () => {
    const { page } = await open();
    expect(await page.locator('tr[data-id]').count()).toBeLessThan(100);
    await page.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.evaluate(focusedText), { timeout: 10_000 }).toContain('layers.999');
    expect(await page.locator('tr[data-id]').count()).toBeLessThan(100);
    expect(await page.locator('table[aria-rowcount="1001"]').count()).toBe(1);
    expect(await page.getByRole('row', { name: /layers\.999/ }).getAttribute('aria-rowindex')).toBe('1001');
  });

  test('a thousand layers are drawn a piece a task, from the top, and the strip of shares last, in the room that it has from the first', async () => {
    await view.again({ width: 1000, height: 1600 });
    const show = await laidInPage(view, { kind: 'state', state: deep });
    // Looks at the end of every task that changes the page: how many fit into a frame depends on the machine.
    await view.page.evaluate(`
      window.drawn = [];
      const part = (root, name) => root?.shadowRoot?.querySelector(name);
      const watched = new Set();
      const watch = (root) => {
        if (root == null || watched.has(root)) return;
        watched.add(root);
        new MutationObserver(look).observe(root, { childList: true, subtree: true });
      };
      const look = () => {
        const panel = document.querySelector('lipschitz-panel');
        const [overview, table] = [part(panel, 'lipschitz-overview'), part(panel, 'lipschitz-layers')];
        const shares = part(overview, 'lipschitz-layer-shares');
        [panel, overview, table, shares].forEach((element) => watch(element?.shadowRoot));
        const strip = part(shares, 'svg');
        window.drawn.push({
          heading: Number(part(panel, 'h1') != null),
          headline: Number(part(overview, '.headline') != null),
          room: strip?.getAttribute('height') ?? '0',
          rows: table?.shadowRoot?.querySelectorAll('tr[data-id]').length ?? 0,
          segments: strip?.querySelectorAll('[data-layer]').length ?? 0,
        });
      };
      look();
    `);
    await show();
    const rowsIn = (): Promise<number> => view.page.locator('tr[data-id]').count();
    await expect.poll(rowsIn).toBeGreaterThanOrEqual(30);
    await drawn(view.page);
    interface Step {
      readonly heading: number;
      readonly headline: number;
      readonly room: string;
      readonly rows: number;
      readonly segments: number;
    }
    const steps = await view.page.evaluate(() => (window as unknown as { drawn: Step[] }).drawn);
    const last = steps.at(-1)!;
    for (const { heading, headline, room, rows, segments } of steps) {
      expect(heading).toBeGreaterThanOrEqual(headline);
      expect(headline).toBeGreaterThanOrEqual(Math.min(1, rows));
      if (rows > 0) expect(room).toBe(last.room);
      if (segments > 0) expect(rows).toBe(last.rows);
    }
    expect(last.segments).toBeGreaterThan(100);
    const growth = steps.map(({ rows }, k) => rows - (steps[k - 1]?.rows ?? 0));
    expect(Math.max(...growth)).toBe(10);
  });

  test('a thousand rows are scrolled (the long tasks are printed, not judged: other work shares the machine)', async () => {
    const opened = await open();
    const { longTasks, longestWork } = await watchMainThread(opened, async () => {
      for (let k = 0; k < 20; k++) {
        await opened.page.mouse.wheel(0, 500);
        await opened.page.waitForTimeout(25);
      }
    });
    const first = await opened.page.locator('tr[data-id]').first().getAttribute('aria-rowindex');
    expect(Number(first)).toBeGreaterThan(100);
    process.stdout.write(
      `1,000 rows scrolled: ${longTasks.length} long tasks, the longest ${longTasks[0] ?? 'under 50'} ms; most processor time of one task ${longestWork?.toFixed(0) ?? '?'} ms\n`,
    );
  });
});
