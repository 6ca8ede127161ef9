import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { residualCnn } from '../../report/fixtures/residual-cnn.ts';
import { ringMap } from '../../report/fixtures/ring-map.ts';
import { complaintsIn, complaintsInAllThemes } from '../axe.ts';
import type { PanelView } from '../panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from '../panel-page.ts';

describe.skipIf(browserPath === undefined)('the Map tab (skipped where no Chromium is on the PATH)', () => {
  let view: PanelView;
  let axeRan = false;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());
  afterEach(() => {
    // axe-core itself tries inline styles, which the policy forbids.
    const own = view.complaints.filter((text) => !text.includes('inline style') || !axeRan);
    axeRan = false;
    expect(own).toEqual([]);
  });

  const open = async (): Promise<PanelView> => {
    await view.again();
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    await view.send({ kind: 'show', tab: 'map' });
    return view;
  };
  const withMap = async (): Promise<Page> => {
    const { page, send } = await open();
    await send({ kind: 'map', state: { kind: 'finished', map: ringMap(20, 20) } });
    await page.locator('lipschitz-map-canvas canvas').waitFor();
    return page;
  };
  const readout = (page: Page): Promise<string> => page.locator('.readout').innerText();

  test('gives axe-core no cause, wide and narrow, in any theme', async () => {
    const { page, send } = await open();
    axeRan = true;
    expect(await complaintsIn(page)).toEqual([]);
    await send({ kind: 'map', state: { kind: 'finished', map: ringMap(6, 6) } });
    await page.locator('lipschitz-map-canvas canvas').press('Enter');
    await page.locator('lipschitz-map-canvas canvas').press('ArrowUp');
    await page.locator('lipschitz-map-canvas canvas').press('Enter');
    await page.getByText('The cells as a table').click();
    await page.getByRole('region', { name: 'Cells of the map' }).waitFor();
    expect(await complaintsInAllThemes(page, 'dark')).toEqual([]);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await complaintsIn(page)).toEqual([]);
  });

  test('the keyboard stays where a map is drawn, cancelled and drawn again', async () => {
    const { page, posted, send } = await open();
    const map = ringMap(6, 6);
    await page.getByRole('button', { name: 'Draw map' }).focus();
    for (const asked of ['draw-map', 'cancel-map', 'draw-map']) {
      await page.keyboard.press('Enter');
      expect((await posted()).at(-1)).toMatchObject({ kind: asked });
      await send({
        kind: 'map',
        state: asked === 'draw-map' ? { kind: 'running', map, activity: '', fraction: 0 } : { kind: 'stopped', map },
      });
    }
    await page.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor();
  });

  test('shows another model’s map beside, on one scale, under one crosshair', async () => {
    const { page, posted, send } = await open();
    await page.getByRole('button', { name: 'Beside another model…' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'choose-beside' });
    const map = ringMap(20, 20);
    await send({ kind: 'map', state: { kind: 'finished', map } });
    await send({ kind: 'beside', beside: { file: 'smoother.onnx', state: { kind: 'none' } } });
    await page.getByText('smoother.onnx has no map of this part of the plane yet').waitFor();
    // The other network is ten times as smooth: its steepest cell is not as bright as the first one's.
    const other = { ...map, cells: { ...map.cells, lower: map.cells.lower.map((value) => value / 10), upper: map.cells.upper.map((value) => value / 10) } }; // prettier-ignore
    await send({ kind: 'beside', beside: { file: 'smoother.onnx', state: { kind: 'finished', map: other } } });
    const canvases = page.locator('lipschitz-map-canvas canvas');
    await expect.poll(() => canvases.count()).toBe(2);
    await canvases.last().press('ArrowUp');
    const readouts = page.locator('.readout');
    await expect.poll(() => readouts.first().innerText()).not.toBe('\u00A0');
    expect(await readouts.last().innerText()).toMatch(/^smoother\.onnx: [=\d]/);
    const scales = await page.evaluate(() => {
      const tab = document.querySelector('lipschitz-panel')!.shadowRoot!.querySelector('lipschitz-map')!;
      return [...tab.shadowRoot!.querySelectorAll('lipschitz-map-canvas')].map((canvas) =>
        JSON.stringify((canvas as unknown as { scale: unknown }).scale),
      );
    });
    expect(new Set(scales).size).toBe(1);
    await page.getByRole('button', { name: 'Alone' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'map-alone' });
  });

  test('is reached from the other tab by the keyboard', async () => {
    const { page } = await open();
    await page.getByRole('tab', { name: 'Map' }).press('ArrowLeft');
    await page.getByRole('tab', { name: 'Coupling' }).press('ArrowLeft');
    await page.getByRole('tab', { name: 'Graph' }).press('ArrowLeft');
    await expect.poll(() => page.locator('lipschitz-layers').count()).toBe(1);
    await page.getByRole('tab', { name: 'Network' }).press('ArrowRight');
    await page.getByRole('tab', { name: 'Graph' }).press('ArrowRight');
    await page.getByRole('tab', { name: 'Coupling' }).press('ArrowRight');
    await expect.poll(() => page.locator('lipschitz-map').count()).toBe(1);
  });

  test('asks for the map that the controls describe, and says why it cannot be drawn', async () => {
    const { page, posted } = await open();
    await page.getByRole('combobox', { name: /^Plane/ }).selectOption('coordinates');
    await page.getByLabel('Up', { exact: true }).fill('0');
    await page.getByLabel('Up', { exact: true }).press('Tab');
    await expect.poll(() => page.getByText('The two coordinates have to differ.').count()).toBe(1);
    await page.getByLabel('Up', { exact: true }).fill('9');
    await page.getByLabel('Up', { exact: true }).press('Tab');
    await page.getByRole('combobox', { name: /^Method/ }).selectOption('certified');
    await page.getByRole('combobox', { name: /^Cells/ }).selectOption('25');
    await page.getByText('Draw map').click();
    expect((await posted()).at(-1)).toMatchObject({
      kind: 'draw-map',
      choice: { plane: { kind: 'coordinates', axes: [0, 9] }, method: 'certified', grid: { rows: 25, columns: 25 } },
    });
  });

  test('goes up to the layer that is selected elsewhere, says so, and comes back to the output in one step', async () => {
    const { page, posted, send } = await open();
    const inspection = {
      ...residualCnn,
      layers: residualCnn.layers.map((layer) => ({ ...layer, tensor: `${layer.name}/given` })),
    };
    const [first, second] = [inspection.layers[0]!, inspection.layers[2]!];
    await send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection } });
    const upTo = page.getByRole('combobox', { name: /^Up to/ });
    const offered = (): Promise<string[]> => upTo.locator('option').allInnerTexts();
    await expect.poll(offered).toEqual(['the output logits']);
    await send({ kind: 'follow', layer: first.id });
    await expect.poll(offered).toEqual(['the output logits', `${first.name} (selected)`]);
    await upTo.selectOption({ label: `${first.name} (selected)` });
    await page.getByText('Draw map').click();
    expect((await posted()).at(-1)).toMatchObject({ kind: 'draw-map', choice: { output: first.tensor } });
    const map = ringMap(6, 6);
    await send({
      kind: 'map',
      state: { kind: 'finished', map: { ...map, model: { ...residualCnn.model, output: first.tensor } } },
    });
    await page.getByText(`From image to what ${first.name} gives, inside the network.`).waitFor();
    // Another one is selected: what is chosen stays, and the offer is another one.
    await send({ kind: 'follow', layer: second.id });
    await expect.poll(offered).toEqual(['the output logits', first.name, `${second.name} (selected)`]);
    expect(await upTo.inputValue()).toBe(first.tensor);
    await upTo.selectOption({ label: 'the output logits' });
    await page.getByText('Draw map').click();
    expect((await posted()).at(-1)).toMatchObject({ kind: 'draw-map', choice: { output: undefined } });
    // And from a layer's detail it is one step to its map.
    await page.getByRole('tab', { name: 'Network' }).click();
    await send({ kind: 'select', layer: second.id });
    await page.getByRole('button', { name: 'Map up to this layer' }).click();
    await expect.poll(() => upTo.inputValue()).toBe(second.tensor);
  });

  test('shows tiles as they come and can be cancelled', async () => {
    const { page, send, posted } = await open();
    const whole = ringMap(20, 20);
    await send({ kind: 'map', state: { kind: 'running', map: undefined, activity: '', fraction: 0 } });
    await send({ kind: 'map-event', event: { kind: 'opened', map: ringMap(20, 20, 0) } });
    await send({ kind: 'map-event', event: { kind: 'tile', tile: { row: 0, column: 0, rows: 20, columns: 20, cells: whole.cells, stage: 'done' } } }); // prettier-ignore
    await send({ kind: 'map-event', event: { kind: 'activity', activity: 'Filling cells', fraction: 0.5 } });
    await expect.poll(() => page.getByText('Filling cells').count()).toBe(1);
    await page.locator('lipschitz-map-canvas canvas').press('ArrowUp');
    expect(await readout(page)).toContain('certified');
    await page.getByText('Cancel').click();
    expect((await posted()).at(-1)).toEqual({ kind: 'cancel-map' });
    await send({ kind: 'map', state: { kind: 'failed', message: 'The model went away.', map: whole } });
    await expect.poll(() => page.getByRole('alert').innerText()).toBe('The model went away.');
  });

  test('every cell explains itself under the arrow keys and under the pointer, and Enter pins it', async () => {
    const page = await withMap();
    const canvas = page.locator('lipschitz-map-canvas canvas');
    await canvas.press('ArrowRight');
    const first = await readout(page);
    await canvas.press('ArrowRight');
    expect(await readout(page)).not.toBe(first);
    await canvas.press('Enter');
    await expect
      .poll(() => page.getByRole('region', { name: 'Pinned cell' }).innerText())
      .toContain('Steepest seen at');
    await canvas.hover({ position: { x: 60, y: 20 } });
    await expect.poll(() => readout(page)).toContain('x[0] −2 to −1.8, x[1] 1.8 to 2');
  });

  test('draws the colours of the scale: light on the ring, dark in the corner', async () => {
    const page = await withMap();
    await page.waitForTimeout(100);
    const [ring, corner] = await page.locator('lipschitz-map-canvas canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const light = (x: number, y: number): number => {
        const at = 4 * (Math.round(y) * canvas.width + Math.round(x));
        return data[at]! + data[at + 1]! + data[at + 2]!;
      };
      return [light(46 + (canvas.width - 56) * 0.5, 8 + (canvas.height - 42) * 0.28), light(60, 20)] as const;
    });
    expect(ring).toBeGreaterThan(corner + 100);
  });

  test('zooming turns the picture at once and then asks for the map of what is on screen', async () => {
    const page = await withMap();
    await page.locator('lipschitz-map-canvas canvas').press('+');
    await expect
      .poll(async () => (await view.posted()).at(-1))
      .toMatchObject({ kind: 'draw-map', choice: { range: [[-1.6, 1.6], [-1.6, 1.6]] } }); // prettier-ignore
  });

  test('is saved as a picture by the panel and otherwise by the host', async () => {
    const page = await withMap();
    await page.getByRole('button', { name: 'Save the map as CSV' }).click();
    expect((await view.posted()).at(-1)).toEqual({ kind: 'export-map', format: 'csv' });
    await page.getByRole('button', { name: 'Save the map as PNG' }).click();
    await expect.poll(async () => (await view.posted()).at(-1)).toMatchObject({ kind: 'export-map', format: 'png' });
    const signature = await page.evaluate(() => {
      const last = (window as unknown as { posted: { picture: Uint8Array }[] }).posted.at(-1)!;
      return [...last.picture.slice(1, 4)];
    });
    expect(String.fromCharCode(...signature)).toBe('PNG');
  });
});
