import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../core/report/inspection.ts';
import type { NoiseGrowth } from '../../core/report/noise-growth.ts';
import { someWhatIf } from '../report/fixtures/what-if.ts';
import { blank, certified, layer, withShares } from '../report/fixtures/inspection.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

const layers = withShares([
  layer('first', certified(4, 4, 'singular-values')),
  layer('second', certified(0.5, 0.5, 'singular-values')),
  layer('third', certified(8, 8, 'singular-values')),
]);

/** A chain with norms 4, 1/2 and 8: the product is 16. */
const chain: Inspection = {
  ...blank,
  layers: layers.map((one, i) => ({ ...one, reach: [4, 2, 16][i]! })),
  bounds: [
    { side: 'upper', norm: 'l2', region: 'all', method: 'product', value: 16, rigor: 'certified', seconds: 0.1 },
  ],
  lipschitz: {
    l2: {
      lower: { value: 3, method: 'ascent', rigor: 'certified' },
      upper: { value: 16, method: 'product', rigor: 'certified' },
    },
  },
};

const growth: NoiseGrowth = {
  norm: 'l2',
  noise: 2,
  points: 8,
  directions: 8,
  alongWitness: true,
  layers: [
    { id: 'first', mean: 3, largest: 6, witness: 6 },
    { id: 'second', mean: 1.1, largest: 2.5, witness: 2.5 },
    { id: 'third', mean: 4, largest: 11, witness: 11 },
  ],
};

describe.skipIf(browserPath === undefined)('the Coupling tab in Chromium (skipped where none is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  const open = async (width = 1000): Promise<PanelView> => {
    await view.again({ width });
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: chain } });
    await view.send({ kind: 'show', tab: 'coupling' });
    return view;
  };

  test('says what to rescale for the target that is typed, three ways side by side', async () => {
    const { page, complaints } = await open();
    await page.getByLabel('Target for the constant L').fill('4');
    await page.keyboard.press('Tab');
    const rows = page.getByRole('region', { name: 'Table of the restrictions' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(3);
    // 16 to 4 is a quarter: of one, or the third root of it of all; or 8 and 4 held to 8^(1/2), times the untouched 1/2.
    expect(await rows.allInnerTexts()).toEqual([
      'first\t4\t=\t2.52\t2.82',
      'second\t0.5\t=\t0.315\t=',
      'third\t8\t2 (× 0.249)\t5.04\t2.82',
    ]);
    await page.getByLabel('Data multiplied by c').fill('8');
    await page.keyboard.press('Tab');
    await expect.poll(() => page.locator('.sentences').innerText()).toContain('is at most 128');
    expect(complaints).toEqual([]);
  });

  test('asks for samples of the noise that is typed, and draws them beside the bound, named as samples', async () => {
    const { page, posted, send } = await open();
    await page.getByLabel('Size of the noise G').fill('2');
    await page.keyboard.press('Tab');
    await expect
      .poll(() => page.locator('.sentences').innerText())
      .toContain('A change of size 2 at the input is at most 32');
    await page.getByRole('button', { name: 'Sample how changes of this size really grow' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'ask-growth', noise: 2 });
    await send({ kind: 'growth', answer: { kind: 'growth', growth } });
    await expect.poll(() => page.locator('.sampling').innerText()).toContain('an estimate from below, no bound');
    expect(
      await page.getByRole('img', { name: /the bound ends at 32.*, the largest that was sampled at 11/ }).count(),
    ).toBe(1);
    await page.getByText('Both figures as a table').click();
    const first = page.getByRole('region', { name: 'Table of the coupling' }).locator('tbody tr').first();
    expect(await first.innerText()).toBe('first\tGemm\t4\t33 %\t8\t3\t6');
    // Samples of another noise are not about this one.
    await page.getByLabel('Size of the noise G').fill('1');
    await page.keyboard.press('Tab');
    await expect.poll(() => page.getByRole('button', { name: 'Sample how changes' }).count()).toBe(1);
  });

  test('asks how far points are kept apart, and says what comes back', async () => {
    const { page, posted, send } = await open();
    const section = page.locator('lipschitz-kept-apart');
    await section.getByRole('button', { name: 'Compute' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'ask-kept-apart' });
    await expect.poll(() => section.getByRole('status').innerText()).toContain('Looking for points');
    await send({
      kind: 'kept-apart',
      answer: {
        kind: 'answer',
        report: {
          format: 'lipschitz-bilipschitz',
          version: 1,
          model: 'x.onnx',
          norm: 'l2',
          region: 'all',
          seconds: 1,
          lower: { value: 0.5, method: 'activation-regions', rigor: 'certified' },
          upper: { value: 0.5001, method: 'near-pairs', rigor: 'certified' },
        },
      },
    });
    await expect.poll(() => section.getByRole('status').innerText()).toContain('m is in 0.5 … 0.501');
    expect(await section.getByRole('status').innerText()).toContain('The lower end is certified');
    expect(await section.getByRole('button').count()).toBe(0);
  });

  test('selects the layer of a bar everywhere', async () => {
    const { page } = await open();
    await page.locator('g[data-layer="third"]').first().click();
    await expect.poll(() => page.locator('lipschitz-detail h2').innerText()).toBe('third');
    await page.getByRole('tab', { name: 'Network' }).click();
    await expect.poll(() => page.locator('tr[aria-current]').getAttribute('data-id')).toBe('third');
  });

  test('tries spectral normalisation of chosen layers, shows both intervals and the outputs, and saves the changed model', async () => {
    const { page, posted, send, complaints } = await open();
    const section = page.locator('lipschitz-what-if');
    await section.getByLabel('Largest l2 norm K').fill('2');
    await page.keyboard.press('Tab');
    await section.getByRole('button', { name: 'Try' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'ask-what-if', changes: [{ kind: 'spectral', limit: 2 }] });
    await section.getByText('3 of 3 layers').click();
    await section.getByRole('checkbox', { name: 'second' }).press('Space');
    await expect.poll(() => section.getByText('2 of 3 layers').count()).toBe(1);
    await section.getByRole('button', { name: 'Try' }).click();
    expect((await posted()).at(-1)).toEqual({
      kind: 'ask-what-if',
      changes: [
        { kind: 'spectral', limit: 2, layers: 'first' },
        { kind: 'spectral', limit: 2, layers: 'third' },
      ],
    });
    await send({ kind: 'what-if', state: { kind: 'running' } });
    await section.getByRole('button', { name: 'Cancel' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'cancel-what-if' });
    await send({ kind: 'what-if', state: { kind: 'finished', report: someWhatIf } });
    const intervals = section.getByRole('region', { name: 'Table of the intervals before and after' });
    expect(await intervals.locator('tbody tr').allInnerTexts()).toEqual([
      'as it is\t3.00 … 16.0 ●',
      'as it would be\t0.100 … 0.500 ●',
    ]);
    const changed = section.getByRole('region', { name: 'Table of the changed layers' });
    expect(await changed.locator('tbody tr').allInnerTexts()).toEqual(['first\t0.25\t4\t1', 'third\t0.125\t8\t1']);
    expect(await section.getByText('move by 2.5 on average').count()).toBe(1);
    await section.getByRole('button', { name: 'Save changed model…' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'save-what-if' });
    await send({ kind: 'what-if', state: { kind: 'failed', message: 'x.h5 is not an ONNX file.' } });
    await expect.poll(() => section.getByRole('alert').innerText()).toBe('x.h5 is not an ONNX file.');
    // Other bytes: what was said about the old ones goes.
    await send({ kind: 'state', state: { kind: 'loading', file: 'x.onnx', activity: '' } });
    await send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: chain } });
    await expect.poll(() => section.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('rescales the layer to blame by what the target asks of it, unless another is chosen', async () => {
    const { page, posted } = await open();
    await page.getByLabel('Target for the constant L').fill('4');
    await page.keyboard.press('Tab');
    const section = page.locator('lipschitz-what-if');
    await section.getByLabel('Change').selectOption('rescale');
    await expect.poll(() => section.getByRole('combobox', { name: /^Layer/ }).inputValue()).toBe('third');
    await section.getByRole('button', { name: 'Try' }).click();
    expect((await posted()).at(-1)).toEqual({
      kind: 'ask-what-if',
      changes: [{ kind: 'rescale', layer: 'third', factor: 0.25 }],
    });
    await section.getByRole('combobox', { name: /^Layer/ }).selectOption('first');
    await section.getByLabel('Factor').fill('0.1');
    await page.keyboard.press('Tab');
    await section.getByRole('button', { name: 'Try' }).click();
    expect((await posted()).at(-1)).toEqual({
      kind: 'ask-what-if',
      changes: [{ kind: 'rescale', layer: 'first', factor: 0.1 }],
    });
  });

  test('fits into 400 pixels', async () => {
    const { page } = await open(400);
    await page.getByLabel('Target for the constant L').fill('4');
    await page.keyboard.press('Tab');
    await page.waitForTimeout(100);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });
});
