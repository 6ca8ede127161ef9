import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInspections } from '../../core/report/comparison/compare.ts';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import type { PanelState } from '../../webview/contract.ts';
import { spectrumView } from '../../core/report/spectrum-view.ts';
import { residualCnn, residualCnnRunning } from '../report/fixtures/residual-cnn.ts';
import { someSmoothing } from '../report/fixtures/smoothing.ts';
import { someSpectrum } from '../report/fixtures/spectrum.ts';
import { hostile } from '../report/fixtures/unusual.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, focusedText, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

const finished: PanelState = { kind: 'finished', file: 'residual_cnn.onnx', inspection: residualCnn };

const itself = compareInspections(residualCnn, residualCnn);

/** The fixture's smoothing as one of this network. */
const smoothingOf = (inspection: Inspection): SmoothingReport =>
  JSON.parse(
    JSON.stringify(someSmoothing).replace(/"id":"([^"]*)"/g, (_, name: string) => {
      const { id } = inspection.layers.find((layer) => layer.name === name)!;
      return `"id":${JSON.stringify(id)}`;
    }),
  ) as SmoothingReport;

const rows = (page: Page): Promise<string[]> =>
  page.locator('tbody tr[data-id] th.name > span:first-child').allInnerTexts();
const selected = (page: Page): Promise<string | null> => page.locator('tr[aria-current]').getAttribute('data-id');
const idOf = (name: string): LayerEntry['id'] => residualCnn.layers.find((one) => one.name === name)?.id ?? '';

describe.skipIf(browserPath === undefined)('the panel in Chromium (skipped where none is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  const open = async (state: PanelState, width = 1000): Promise<PanelView> => {
    await view.again({ width });
    await view.send({ kind: 'state', state });
    return view;
  };

  test('asks for its state, shows it, and breaks no rule of its content security policy', async () => {
    const { page, posted, complaints } = await open(finished);
    expect((await posted())[0]).toEqual({ kind: 'ready' });
    await expect.poll(() => page.locator('.headline strong').innerText()).toBe('7.48 … 12.1');
    expect(await rows(page)).toEqual(residualCnn.layers.map(({ name }) => name));
    expect(complaints).toEqual([]);
  });

  test('speaks the language that the editor hands it, in labels, names for screen readers and sentences with values', async () => {
    const words = {
      Coupling: 'Kopplung',
      '{0} layers': '{0} Schichten',
      'Filter layers by text': 'Schichten nach Text filtern',
      '{0} changed on disk after these numbers were computed.': 'Nach diesen Zahlen hat sich {0} geändert.',
    };
    const german = await openPanel(await sharedBrowser(), await packedPanel(), {
      theme: 'dark',
      width: 1000,
      translation: { language: 'de', words },
    });
    await german.send({ kind: 'state', state: { ...finished, kind: 'stale' } });
    const { page, complaints } = german;
    await expect.poll(() => page.getByRole('tab', { name: 'Kopplung' }).count()).toBe(1);
    await expect.poll(() => page.locator('.banner').innerText()).toContain('Nach diesen Zahlen hat sich residual_cnn.onnx geändert.'); // prettier-ignore
    expect(await page.getByText(`${residualCnn.layers.length} Schichten`).count()).toBe(1);
    expect(await page.locator('vscode-textfield').getAttribute('label')).toBe('Schichten nach Text filtern');
    // What nobody has translated stands as it was written.
    expect(await page.getByRole('tab', { name: 'Graph' }).count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('every figure is saved as a picture that stands on its own, in the colours of the theme', async () => {
    const { page, posted } = await open(finished);
    for (const name of ['interval', 'bounds against time', 'shares'])
      await expect.poll(() => page.getByRole('button', { name: `Save the ${name} as PNG` }).count()).toBe(1);
    await page.getByRole('button', { name: 'Save the shares as SVG' }).click();
    const written = (await posted()).at(-1)!;
    const svg = 'picture' in written ? (written.picture as string) : '';
    expect(svg).toMatch(/^<svg[^]*<\/svg>/);
    expect(svg).not.toContain('var(');
    await page.getByRole('button', { name: 'Save the interval as PNG' }).click();
    await expect.poll(async () => (await posted()).at(-1)).toMatchObject({ kind: 'save-picture', what: 'interval', format: 'png' }); // prettier-ignore
    const head = await page.evaluate(() => {
      const all = (window as unknown as { posted: { picture?: Uint8Array }[] }).posted;
      return [...all.at(-1)!.picture!.slice(1, 4)];
    });
    expect(String.fromCharCode(...head)).toBe('PNG');
  });

  test('every figure is copied, as text or as pixels; where the clipboard takes none, they are saved', async () => {
    const { page, posted } = await open(finished);
    await page.getByRole('button', { name: 'Copy the shares as SVG' }).click();
    const said = (await posted()).at(-1)!;
    expect(said.kind === 'copy' ? said.text : '').toMatch(/^<svg[^]*<\/svg>/);
    const copy = page.getByRole('button', { name: 'Copy the interval as PNG' });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await copy.click();
    await expect.poll(async () => (await posted()).at(-1)).toEqual({ kind: 'copied' });
    const types = await page.evaluate(async () =>
      (await navigator.clipboard.read()).flatMap((item) => [...item.types]),
    );
    expect(types).toEqual(['image/png']);
    await page.evaluate(() => {
      navigator.clipboard.write = () => Promise.reject(new Error('Not here.'));
    });
    await copy.click();
    await expect.poll(async () => (await posted()).at(-1)).toMatchObject({ kind: 'save-picture', format: 'png' });
  });

  test('sorts by a heading and says so to screen readers', async () => {
    const { page } = await open(finished);
    await page.getByRole('button', { name: 'l2 norm' }).click();
    expect((await rows(page))[0]).toBe('stem');
    expect(await page.locator('th.norm').first().getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('button', { name: 'l2 norm' }).click();
    expect((await rows(page))[0]).toBe('pool');
  });

  test('filters by text and by kind', async () => {
    const { page } = await open(finished);
    await page.locator('vscode-textfield input').fill('block1');
    await expect.poll(() => rows(page)).toEqual(['block1.conv1', 'block1.relu', 'block1.conv2']);
    await page.getByRole('combobox', { name: 'Kind of layer' }).selectOption('conv');
    await expect.poll(() => rows(page)).toEqual(['block1.conv1', 'block1.conv2']);
  });

  test('is walked with the keyboard: arrows, End, Home, Enter into the detail, Escape back', async () => {
    const { page } = await open(finished);
    await page.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => selected(page)).toBe(residualCnn.layers[1]?.id);
    await page.keyboard.press('End');
    await expect.poll(() => selected(page)).toBe(residualCnn.layers.at(-1)?.id);
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('stem');
    await expect.poll(() => page.evaluate(focusedText)).toContain('stem stretches a change');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('lipschitz-detail').count()).toBe(0);
    await expect.poll(() => page.evaluate(focusedText)).toContain('conv');
  });

  test('asks the editor for the line of code, for a report and for the clipboard', async () => {
    const { page, posted } = await open(finished);
    await page.getByText('residual_cnn.py:14').click();
    await page.getByRole('button', { name: 'Export report…' }).click();
    await page.getByRole('button', { name: 'Export as JSON' }).click();
    await page.getByRole('button', { name: 'TSV (table)' }).click();
    await page.getByRole('button', { name: 'CSV (table)' }).click();
    const messages = (await posted()).slice(1);
    expect(messages.slice(0, 3)).toEqual([
      { kind: 'reveal', layer: idOf('stem') },
      { kind: 'export', format: 'ask' },
      { kind: 'export', format: 'json' },
    ]);
    const copied = messages[3];
    expect(copied?.kind === 'copy' ? copied.text.split('\n') : []).toHaveLength(13);
    const csv = messages[4]?.kind === 'copy' ? messages[4].text : '';
    expect(csv.split('\r\n').slice(0, 2)).toEqual([
      'layer,kind,shape,l2 norm,evidence,share,kernel as matrix,line',
      'stem,conv,1×8×8 → 16×8×8,4.12 … 4.14,certified,23 %,2.87,residual_cnn.py:14',
    ]);
  });

  test('asks for the singular values of a layer and shows them, with a table beside the picture', async () => {
    const { page, posted, send, complaints } = await open(finished);
    const layer = idOf('block1.conv1');
    await send({ kind: 'select', layer });
    await page.getByRole('button', { name: 'Show singular values and patterns' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'ask-spectrum', layer });
    await expect.poll(() => page.getByText('Computing the singular values').count()).toBe(1);
    await send({ kind: 'spectrum', layer, answer: { kind: 'spectrum', view: spectrumView(someSpectrum) } });
    const part = page.getByRole('group', { name: 'Singular values' });
    await expect.poll(() => part.innerText()).toContain('288 singular values, the largest 4.3, 4.1');
    expect(await part.innerText()).toContain('At no input size and with no zero padding is its l2 norm above 4.57');
    await part.getByText('The histogram as a table').click();
    expect(await part.locator('tr').first().innerText()).toBe('about 60 values from 0 to 0.179');
    // Histogram, what is stretched, what comes out.
    expect(await part.getByRole('img').count()).toBe(3);
    await part.getByText('The input pattern as a table').click();
    const table = part.getByRole('region', { name: 'Table of the input pattern' });
    expect(await table.locator('thead th').allInnerTexts()).toEqual(['channel', 'row', '0', '1', '2', '3', '4', '5']);
    expect(await table.locator('tbody tr').count()).toBe(6 * 6);
    expect(complaints).toEqual([]);
    // Another inspection may be of other bytes.
    await send({ kind: 'state', state: { kind: 'loading', file: 'residual_cnn.onnx', activity: '' } });
    await send({ kind: 'state', state: finished });
    await expect.poll(() => page.getByRole('button', { name: 'Show singular values and patterns' }).count()).toBe(1);
  });

  test('follows a selection made in the code, also under a filter that hides the layer', async () => {
    const { page, send } = await open(finished);
    await page.locator('vscode-textfield input').fill('nothing like this');
    await expect.poll(() => page.getByText('No layer matches.').count()).toBe(1);
    await send({ kind: 'select', layer: idOf('head') });
    await expect.poll(() => selected(page)).toBe(idOf('head'));
  });

  test('what is selected in one tab is selected in all of them, and told to the code; the cursor in the code marks it, too', async () => {
    const { page, send, posted } = await open(finished);
    const convolution = idOf('block1.conv1');
    await send({ kind: 'comparison', state: { kind: 'finished', other: 'x.onnx', comparison: itself } });
    await send({ kind: 'smoothing', state: { kind: 'finished', report: smoothingOf(residualCnn) } });
    await page.locator(`tr[data-id="${convolution}"] th`).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'selected', layer: convolution });
    const marked = (): Promise<string> => page.locator('tr[aria-current]').innerText();
    await page.getByRole('tab', { name: 'Coupling' }).click();
    await page.getByText('Both figures as a table').click();
    await expect.poll(marked).toContain('block1.conv1');
    await page.getByRole('tab', { name: 'Compare' }).click();
    await expect.poll(marked).toContain('block1.conv1');
    // A convolution has no kink: the one that it leads into is meant.
    await page.getByRole('tab', { name: 'Smoothing' }).click();
    await expect.poll(marked).toContain('block1.relu');
    await page.getByRole('button', { name: 'block2.relu' }).click();
    await expect.poll(marked).toContain('block2.relu');
    expect((await posted()).at(-1)).toEqual({ kind: 'selected', layer: idOf('block2.relu') });
    await page.getByRole('tab', { name: 'Network' }).click();
    await expect.poll(() => selected(page)).toBe(idOf('block2.relu'));
    await send({ kind: 'follow', layer: idOf('head') });
    await expect.poll(() => selected(page)).toBe(idOf('head'));
    expect((await posted()).at(-1)).toEqual({ kind: 'selected', layer: idOf('block2.relu') });
  });

  test('selects a layer from the strip', async () => {
    const { page } = await open(finished);
    await page.locator(`[data-layer="${idOf('head')}"]`).click();
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('head');
  });

  test('keeps rows in place while results stream in, though sorted by value', async () => {
    const { page, send } = await open({
      kind: 'running',
      file: 'x.onnx',
      inspection: residualCnnRunning,
      activity: 'Norms',
      fraction: 0.4,
    });
    await page.getByRole('button', { name: 'l2 norm' }).click();
    const before = await rows(page);
    await send({ kind: 'event', event: { kind: 'layers', layers: residualCnn.layers.slice(5) } });
    expect(await rows(page)).toEqual(before);
    await send({ kind: 'event', event: { kind: 'finished', inspection: residualCnn } });
    await expect.poll(() => rows(page)).not.toEqual(before);
    expect(await page.locator('vscode-progress-bar').count()).toBe(0);
  });

  test('comes back after a reload as it was left', async () => {
    const { page, send } = await open(finished);
    await page.locator('vscode-textfield input').fill('conv');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.locator('tr[data-id]').nth(1).click();
    await expect.poll(() => selected(page)).not.toBeNull();
    const before = [await rows(page), await selected(page)];
    await page.reload();
    await send({ kind: 'state', state: finished });
    await expect.poll(async () => [await rows(page), await selected(page)]).toEqual(before);
  });

  test('Tab goes from the row with the keyboard to its line of code, and to no other row', async () => {
    const { page } = await open(finished);
    await page.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focusedText)).toContain('residual_cnn.py:14');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focusedText)).not.toContain('residual_cnn.py');
  });

  test('shows hostile names as text', async () => {
    const { page, complaints } = await open({ kind: 'finished', file: 'x.onnx', inspection: hostile });
    await page.locator('tr[data-id]').first().click();
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('<script>alert(3)</script>');
    expect(await page.locator('main script, main img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('fits into 400 pixels, and at 200 % zoom needs no sideways scrolling', async () => {
    for (const width of [400, 640 / 2]) {
      const { page } = await open(finished, width);
      await page.waitForTimeout(200);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
});
