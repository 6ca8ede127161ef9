import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../core/report/inspection.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { hostile, thousandLayers, unboundedTransformer } from '../report/fixtures/unusual.ts';
import { chainOf } from '../report/fixtures/inspection.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser, showGraph } from './panel-page.ts';

const idOf = (name: string): string => residualCnn.layers.find((one) => one.name === name)?.id ?? '';
const readout = (page: Page): Promise<string> => page.locator('.readout').innerText();

describe.skipIf(browserPath === undefined)('the Graph tab in Chromium (skipped where none is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  const open = async (inspection: Inspection, width = 1000): Promise<PanelView> => {
    await view.again({ width });
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection } });
    await showGraph(view, inspection);
    await expect.poll(() => view.page.locator('[data-node]').count()).toBeGreaterThan(0);
    return view;
  };

  test('is walked along the edges, and Enter opens the layer everywhere', async () => {
    const { page, complaints } = await open(residualCnn);
    await page.getByRole('application').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => readout(page)).toBe('input x');
    for (let k = 0; k < 3; k++) await page.keyboard.press('ArrowDown');
    await expect.poll(() => readout(page)).toContain('block1.conv1, conv: l2 norm 1.61 … 1.62 ● (certified)');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => readout(page)).toContain('head, dense');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('head');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(focusedRole)).toBe('application');
    // The same layer is selected in the table of the other tab.
    await page.getByRole('tab', { name: 'Network' }).click();
    expect(await page.locator('tr[aria-current]').getAttribute('data-id')).toBe(idOf('head'));
    expect(complaints).toEqual([]);
  });

  test('goes to the branch beside with the arrows across', async () => {
    const { page } = await open(residualCnn);
    await view.send({ kind: 'select', layer: idOf('block2.relu') });
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => readout(page)).toContain('block2.conv1');
    const beside = async (key: string): Promise<string> => {
      await page.keyboard.press(key);
      await page.waitForTimeout(60);
      return readout(page);
    };
    const [left, right] = [await beside('ArrowLeft'), await beside('ArrowRight')];
    expect([left, right].some((words) => words.includes('block2.shortcut'))).toBe(true);
  });

  test('selects by a click, reveals the line by a double click, and follows a selection in the code', async () => {
    const { page, posted, send } = await open(residualCnn);
    const box = page.locator('[data-node]', { hasText: 'block1.conv1' });
    await box.click();
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('block1.conv1');
    await box.dblclick();
    expect((await posted()).at(-1)).toEqual({ kind: 'reveal', layer: idOf('block1.conv1') });
    await send({ kind: 'select', layer: idOf('head') });
    await expect.poll(() => readout(page)).toContain('head, dense');
    expect(await page.getByRole('tab', { name: 'Graph' }).getAttribute('aria-selected')).toBe('true');
    // It has come on screen.
    expect(await page.locator('[data-node]', { hasText: 'head' }).isVisible()).toBe(true);
  });

  test('finds by name and operator, and Enter goes from one to the next', async () => {
    const { page } = await open(residualCnn);
    const search = page.getByRole('textbox', { name: 'Search' });
    await search.fill('conv block2');
    await expect.poll(() => page.locator('.found').innerText()).toBe('3 matches');
    await search.press('Enter');
    await expect.poll(() => page.locator('.found').innerText()).toBe('1 of 3');
    await search.press('Enter');
    await expect.poll(() => page.locator('.found').innerText()).toBe('2 of 3');
    expect(await page.locator('[data-node][opacity]').count()).toBeGreaterThan(0);
    await search.press('Escape');
    await expect.poll(() => page.locator('[data-node][opacity]').count()).toBe(0);
  });

  test('shows what is unbounded without colour, and says how far it reaches', async () => {
    const { page } = await open(unboundedTransformer);
    const culprit = page.locator('[data-node]', { hasText: 'blocks.0.attn' });
    expect(await culprit.locator('rect').first().getAttribute('stroke-dasharray')).not.toBeNull();
    expect(await culprit.textContent()).toContain('∞');
    await page.getByRole('combobox', { name: 'Colour' }).selectOption('where bounds end');
    await page.getByText('The graph as a table').click();
    const ends = page.locator('tbody tr td:nth-child(6)');
    await expect.poll(() => ends.count()).toBe(unboundedTransformer.graph?.nodes.length);
    const bounds = await ends.allInnerTexts();
    expect(bounds.slice(0, 4)).toEqual(['bounded', 'bounded', 'bounded', 'unbounded']);
    expect(bounds.slice(4).every((words) => words === 'behind what is unbounded')).toBe(true);
  });

  test('has a table of all nodes, in which a name selects', async () => {
    const { page, posted } = await open(residualCnn);
    await page.getByText('The graph as a table').click();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(residualCnn.graph?.nodes.length);
    await page.getByRole('button', { name: 'block2.shortcut' }).click();
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('block2.shortcut');
    await page.getByRole('button', { name: 'Markdown (graph)' }).click();
    await expect.poll(async () => (await posted()).at(-1)?.kind).toBe('copy');
    const copied = (await posted()).at(-1);
    expect(copied?.kind === 'copy' ? copied.text : '').toContain('| block2.shortcut | Conv |');
  });

  test('draws of a thousand layers those on screen, and all of them small', async () => {
    const { page } = await open(thousandLayers);
    expect(await page.locator('[data-node]').count()).toBeLessThan(100);
    await page.getByRole('button', { name: 'Show all' }).first().click();
    await expect.poll(() => page.locator('[data-node]').count()).toBe(1002);
    // Letters of half a pixel are not drawn.
    expect(await page.locator('[data-node] text').count()).toBe(0);
  });

  test('is saved as a picture of the whole network, also where that is larger than any canvas', async () => {
    const { page, posted } = await open(thousandLayers);
    await page.getByRole('button', { name: 'Save the graph as SVG' }).click();
    const written = (await posted()).at(-1)!;
    const svg = 'picture' in written ? (written.picture as string) : '';
    expect(svg.match(/<g data-node=/g)).toHaveLength(thousandLayers.graph!.nodes.length);
    expect(svg).not.toContain('var(');
    await page.getByRole('button', { name: 'Save the graph as PNG' }).click();
    await expect.poll(async () => (await posted()).at(-1), { timeout: 20_000 }).toMatchObject({ kind: 'save-picture', what: 'graph', format: 'png' }); // prettier-ignore
  });

  test('asks again for another direction and for another network, not for more numbers of the same', async () => {
    const { page, send, posted } = await open(residualCnn);
    const asked = async (): Promise<number> => (await posted()).filter(({ kind }) => kind === 'ask-layout').length;
    const before = await asked();
    await send({
      kind: 'state',
      state: { kind: 'finished', file: 'x.onnx', inspection: { ...residualCnn, seconds: 9 } },
    });
    expect(await asked()).toBe(before);
    await page.getByRole('combobox', { name: 'Direction' }).selectOption('left to right');
    await expect.poll(asked).toBe(before + 1);
    await send({ kind: 'state', state: { kind: 'finished', file: 'y.onnx', inspection: unboundedTransformer } });
    await expect.poll(asked).toBe(before + 2);
  });

  test('shows hostile names as text', async () => {
    const { page, complaints } = await open({ ...hostile, graph: chainOf(hostile.layers) });
    await expect.poll(() => page.locator('[data-node] title').nth(1).innerHTML()).toContain('&lt;script&gt;');
    expect(await page.locator('main script, main img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('fits into 400 pixels', async () => {
    const { page } = await open(residualCnn, 400);
    await page.waitForTimeout(200);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });
});

/** Runs in the page: the role of the focused element, through shadow roots. */
function focusedRole(): string | null {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused?.getAttribute('role') ?? null;
}
