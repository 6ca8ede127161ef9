import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FromPanel } from '../../webview/contract.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { unchained } from '../report/fixtures/weights.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

const file = 'net.safetensors';

describe.skipIf(browserPath === undefined)('the Chain tab in Chromium (skipped where none is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
    await view.send({ kind: 'state', state: { kind: 'finished', file, inspection: unchained } });
  });
  afterAll(() => view.close());

  const rows = (): Promise<readonly string[]> =>
    view.page.getByRole('region', { name: 'Steps of the chain' }).locator('tbody tr th').allInnerTexts();
  const outcomes = (): Promise<readonly string[]> =>
    view.page.getByRole('region', { name: 'Steps of the chain' }).locator('tbody tr td:nth-child(4)').allInnerTexts();
  const why = (): Promise<string> => view.page.locator('.why').innerText();
  const last = async (): Promise<FromPanel | undefined> => (await view.posted()).at(-1);

  test('stands where a map or a smoothing would, until the layers hang together', async () => {
    const { page, send } = view;
    for (const tab of ['map', 'smoothing'] as const) {
      await send({ kind: 'show', tab });
      await page.getByRole('button', { name: 'Say how the layers follow one another' }).click();
      await expect.poll(() => page.getByRole('tab', { name: 'Chain' }).getAttribute('aria-selected')).toBe('true');
    }
    expect(await page.locator('header p').innerText()).not.toContain('from');
    await send({ kind: 'show', tab: 'network' });
  });

  test('shows the guess, called one, and composes it only when all sizes are said', async () => {
    const { page } = view;
    await page.getByRole('button', { name: 'Say how the layers follow one another' }).click();
    await expect.poll(rows).toEqual(['conv', 'Relu', 'flatten', 'hidden', 'Relu', 'out']);
    expect(await page.locator('.sentences').innerText()).toContain('a guess from the order of the file');
    expect(await page.locator('.sentences').innerText()).toContain('no number rests on it until it is composed');
    expect(await why()).toBe('Say all sizes of the input first.');
    expect(await page.locator('lipschitz-chain vscode-button[icon="link"]').getAttribute('disabled')).not.toBeNull();
    await page.getByLabel('Input without the batch').fill('1x5x4');
    await page.keyboard.press('Tab');
    // The third axis says 60 numbers, the layer takes 48: seen before anything is computed.
    await expect.poll(async () => (await outcomes())[3]).toContain('takes 48, and gets 60');
    expect(await why()).toMatch(/^Step 4 does not fit: ./);
    await page.getByLabel('Input without the batch').fill('1x4x4');
    await page.keyboard.press('Tab');
    await expect.poll(outcomes).toEqual(['3×4×4', '3×4×4', '48', '5', '5', '2']);
    expect(await why()).toBe('');
  });

  test('is mended by keyboard: a step moved, taken out and put in, the focus staying with it', async () => {
    const { page } = view;
    await page.getByRole('button', { name: 'Move flatten, step 3, up' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(rows).toEqual(['conv', 'flatten', 'Relu', 'hidden', 'Relu', 'out']);
    await expect.poll(() => page.evaluate(focused)).toBe('Move flatten, step 2, up');
    expect(await page.locator('lipschitz-chain [role="status"]').innerText()).toBe('flatten is step 2 of 6 now');
    await page.getByRole('button', { name: 'Take Relu, step 5, out' }).focus();
    await page.keyboard.press('Space');
    await expect.poll(rows).toEqual(['conv', 'flatten', 'Relu', 'hidden', 'out']);
    expect(await page.evaluate(focused)).toBe('Take out, step 5, out');
    await page.getByLabel('Step to put in').selectOption({ label: 'Tanh' });
    await page.getByLabel('Where to put it in').selectOption({ label: 'after 4. hidden' });
    await page.getByRole('button', { name: 'Put in' }).click();
    await expect.poll(rows).toEqual(['conv', 'flatten', 'Relu', 'hidden', 'Tanh', 'out']);
  });

  test('what is composed is what stands there, and says that it was changed by hand', async () => {
    const { page, posted } = view;
    await page.getByRole('button', { name: 'Compose into bounds' }).click();
    await expect.poll(last).toEqual({
      kind: 'compose-chain',
      chain: {
        basis: `${unchained.chain!.basis}, changed by hand`,
        input: [1, 4, 4],
        steps: [
          { layer: 'conv.weight', padding: 1 },
          { flatten: true },
          { function: 'Relu' },
          { layer: 'hidden.weight' },
          { function: 'Tanh' },
          { layer: 'out.weight' },
        ],
      },
    });
    await view.send({ kind: 'chain', news: { kind: 'refused', message: 'Gemm takes no images.' } });
    expect(await page.getByRole('alert').innerText()).toBe('Gemm takes no images.');
    const supposed = { ...unchained, chain: { ...unchained.chain!, state: 'supposed' as const } };
    await view.send({ kind: 'state', state: { kind: 'finished', file, inspection: supposed } });
    expect(await page.locator('.sentences').innerText()).toContain('rest on a chain: a guess');
    await page.getByRole('button', { name: 'Take the chain away' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'forget-chain' });
  });

  test('offers the order of the code, which is shown first while nothing was changed', async () => {
    const { page } = view;
    await view.send({ kind: 'state', state: { kind: 'finished', file, inspection: unchained } });
    const fromCode = {
      basis: 'a guess from the calls in src/net.py',
      input: [1, 4, 4],
      steps: [{ layer: 'conv.weight', stride: 2 }, { function: 'Tanh' as const }],
    };
    await view.send({ kind: 'chain', news: { kind: 'source', found: { file: 'src/net.py', chain: fromCode } } });
    await expect.poll(rows).toEqual(['conv', 'Tanh']);
    await page.getByRole('button', { name: 'names and sizes' }).click();
    await expect.poll(rows).toEqual(['conv', 'Relu', 'flatten', 'hidden', 'Relu', 'out']);
    await page.getByRole('button', { name: 'src/net.py' }).click();
    await expect.poll(rows).toEqual(['conv', 'Tanh']);
  });

  test('fits into 400 pixels, and is not there for a model with a graph', async () => {
    const { page, send, complaints } = view;
    await page.setViewportSize({ width: 400, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    await send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    expect(await page.getByRole('tab').allInnerTexts()).not.toContain('Chain');
    expect(await page.getByRole('tab', { name: 'Network' }).getAttribute('aria-selected')).toBe('true');
    expect(complaints).toEqual([]);
  });
});

/** Runs in the page: how what has the focus is called. */
function focused(): string | null | undefined {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement != null) element = element.shadowRoot.activeElement;
  return element?.getAttribute('aria-label');
}
