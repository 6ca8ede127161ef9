import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInspections } from '../../core/report/comparison/compare.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { ringMap } from '../report/fixtures/ring-map.ts';
import { unchained } from '../report/fixtures/weights.ts';
import { someSmoothing } from '../report/fixtures/smoothing.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser, showGraph } from './panel-page.ts';

/** More stops than any page of the panel has. */
const most = 150;

describe.skipIf(browserPath === undefined)('by keyboard alone (skipped where no Chromium is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    await view.send({ kind: 'map', state: { kind: 'finished', map: ringMap(20, 20) } });
    await view.send({ kind: 'smoothing', state: { kind: 'finished', report: someSmoothing } });
    const comparison = compareInspections(residualCnn, residualCnn);
    await view.send({ kind: 'comparison', state: { kind: 'finished', other: 'y.onnx', comparison } });
    await view.send({ kind: 'select', layer: residualCnn.layers[0]!.id });
  });
  afterAll(() => view.close());

  test('every control of every tab is a stop of Tab, shows that it has the focus, and lets go of it', async () => {
    const { page, send, complaints } = view;
    for (const tab of ['network', 'graph', 'coupling', 'map', 'smoothing', 'compare', 'chain'] as const) {
      if (tab === 'chain')
        await send({ kind: 'state', state: { kind: 'finished', file: 'x.safetensors', inspection: unchained } });
      if (tab === 'graph') await showGraph(view, residualCnn);
      else await send({ kind: 'show', tab });
      await page.waitForTimeout(100);
      const stops = await walk(page);
      expect({ tab, invisible: stops.filter(({ shown }) => !shown).map(({ name }) => name) }).toEqual({
        tab,
        invisible: [],
      });
      expect({ tab, missed: await page.evaluate(missed) }).toEqual({ tab, missed: [] });
      expect(stops.length).toBeGreaterThan(8);
      expect(stops.length, `the focus goes round in ${tab}`).toBeLessThan(most);
    }
    expect(complaints).toEqual([]);
  });

  test('what a click on a picture does, the keyboard does in the table beside it', async () => {
    const { page, posted, send } = view;
    await send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    await send({ kind: 'show', tab: 'compare' });
    await page.getByRole('tab', { name: 'Compare' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Network' }).getAttribute('aria-selected')).toBe('true');
    // The strip's segments and the rows of the table select the same.
    await page.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    const last = residualCnn.layers.at(-1)!;
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe(last.name);
    expect((await posted()).at(-1)).toEqual({ kind: 'selected', layer: last.id });
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('lipschitz-detail').count()).toBe(0);
  });

  test('a key that comes before the row that the key before it leads to is meant for that row', async () => {
    const { page } = view;
    await page.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => page.locator('tr[data-id]').first().getAttribute('tabindex')).toBe('0');
    await page
      .locator('tr[data-id]')
      .first()
      .evaluate((row) => {
        for (const key of ['End', 'Enter']) row.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      });
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe(residualCnn.layers.at(-1)!.name);
  });
});

interface Stop {
  readonly name: string;
  readonly shown: boolean;
}

/** Presses Tab from the top of the page until the focus has left it. */
async function walk(page: Page): Promise<readonly Stop[]> {
  await page.evaluate(() => {
    const top = document.createElement('div');
    top.tabIndex = -1;
    document.body.prepend(top);
    top.focus();
  });
  const stops: Stop[] = [];
  while (stops.length < most) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(stopHere);
    if (stop === undefined) break;
    stops.push(stop);
  }
  return stops;
}

/** Runs in the page: what has the focus, which is marked as seen; undefined when nothing has, or what had it already. */
function stopHere(): { name: string; shown: boolean } | undefined {
  const path: Element[] = [];
  for (
    let focused = document.activeElement;
    focused !== null && focused !== document.body;
    focused = focused.shadowRoot?.activeElement ?? null
  )
    path.push(focused);
  const deepest = path.at(-1) as (HTMLElement & { seen?: boolean }) | undefined;
  if (deepest === undefined || deepest.seen === true) return undefined;
  for (const element of path) (element as { seen?: boolean }).seen = true;
  const shows = (element: Element): boolean => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor, opacity } = getComputedStyle(element);
    const own = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    return own && opacity !== '0' && borderColor !== '';
  };
  // A control of vscode-elements draws the ring around itself, or around the part within it.
  const ringed = path.some(
    (element) => shows(element) || [...(element.shadowRoot?.querySelectorAll('*') ?? [])].some(shows),
  );
  const focusBorder = getComputedStyle(deepest.parentElement ?? deepest).borderColor;
  const name = `${deepest.localName} ${(deepest.getAttribute('aria-label') ?? deepest.innerText).trim().slice(0, 40)}`;
  const inField = path.some(({ localName }) => localName === 'vscode-textfield') && focusBorder !== '';
  return { name, shown: ringed || inField };
}

/** Runs in the page: controls that can be seen and used, and that no Tab has come to. Forgets what was seen. */
function missed(): string[] {
  const found: string[] = [];
  const look = (root: Document | ShadowRoot): void => {
    for (const element of root.querySelectorAll<HTMLElement & { seen?: boolean }>('*')) {
      if (element.shadowRoot !== null) look(element.shadowRoot);
      const control = element.matches('button, input, select, textarea, summary, a[href], [tabindex="0"]');
      const usable = control && element.tabIndex >= 0 && !element.matches(':disabled') && element.checkVisibility();
      if (usable && element.seen !== true)
        found.push(`${element.localName} ${element.getAttribute('aria-label') ?? element.innerText}`);
      delete element.seen;
    }
  };
  look(document);
  return found;
}
