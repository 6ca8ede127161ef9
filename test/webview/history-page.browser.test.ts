import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingHistory, type TrainingHistory } from '../../core/report/training/history.ts';
import type { FromHistory, HistoryState } from '../../webview/history/contract.ts';
import { blank, certified, layer } from '../report/fixtures/inspection.ts';
import { complaintsIn, complaintsInAllThemes } from './axe.ts';
import type { PageView } from './panel-page.ts';
import { browserPath, openPage, packedPanel, sharedBrowser } from './panel-page.ts';

/** A training whose norms grow; the last checkpoint is still being written. */
export function someHistory(steps: number): TrainingHistory {
  const at = (step: number): { readonly file: string; readonly step: number; readonly modified: string } => ({
    file: `step-${step}.onnx`,
    step,
    modified: '2026-11-26T10:00:00.000Z',
  });
  return trainingHistory({
    ...{ folder: 'critic', norm: 'l2', region: 'all', order: 'step' },
    notes: ['1 file that ends in .pt is left out beside 5 in .onnx.'],
    findings: [
      ...Array.from({ length: steps }, (_, k) => {
        const norms = [1 + 0.3 * k, 2 + 0.1 * k, 0.5 * 1.4 ** k];
        const value = norms.reduce((product, norm) => product * norm, 1);
        const inspection = {
          ...blank,
          layers: norms.map((norm, i) => layer(`layers.${2 * i}`, certified(norm * 0.98, norm, 'x'))),
          lipschitz: {
            l2: {
              lower: { value: 0.6 * value, method: 'ascent', rigor: 'certified' },
              upper: { value, method: 'product', rigor: 'certified' },
            },
          },
        } as const;
        return { name: at(100 * k), outcome: { kind: 'read', inspection } } as const;
      }),
      {
        name: at(100 * steps),
        outcome: { kind: 'failed', message: 'The file is cut short. It may still be being written and is read again.' },
      },
    ],
  });
}

describe.skipIf(browserPath === undefined)('the history page in Chromium (skipped where none is on the PATH)', () => {
  let view: PageView<FromHistory>;

  beforeAll(async () => {
    view = await openPage<FromHistory>(await sharedBrowser(), await packedPanel('history/main.ts'), {
      theme: 'dark',
      width: 1000,
    });
  });
  afterAll(() => view.close());

  const open = async (state: HistoryState): Promise<PageView<FromHistory>> => {
    await view.again();
    await view.send({ kind: 'history', state });
    return view;
  };
  const watching = { kind: 'watching', history: someHistory(5) } as const;

  test('draws a line for each layer, and a row for each checkpoint that opens it', async () => {
    const { page, posted, send, complaints } = await open(watching);
    await expect.poll(() => page.locator('lipschitz-history svg [data-layer]').count()).toBe(3);
    const rows = page.locator('lipschitz-history tbody tr');
    expect(await rows.count()).toBe(6);
    expect(await rows.last().innerText()).toContain('may still be being written');
    await page.getByRole('button', { name: 'step-100.onnx' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'open', file: 'step-100.onnx' });
    await page.getByRole('button', { name: 'Compare 0 with 400' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'compare', before: 'step-0.onnx', after: 'step-400.onnx' });
    // Training writes on.
    await send({ kind: 'history', state: { kind: 'watching', history: someHistory(6) } });
    await expect.poll(() => rows.count()).toBe(7);
    expect(complaints).toEqual([]);
  });

  test('makes a line bold from the list, and saves and copies', async () => {
    const { page, posted } = await open(watching);
    await page.getByRole('combobox', { name: 'Bold line' }).selectOption('layers.2');
    await expect
      .poll(() => page.locator('[data-layer="layers.2"] path[stroke-width="3.5"]').count())
      .toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Save the history as CSV' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'export', format: 'csv' });
    await page.getByRole('button', { name: 'Save the history as PNG' }).click();
    await expect.poll(async () => (await posted()).at(-1)).toMatchObject({ kind: 'export', format: 'png' });
    await page.getByRole('button', { name: 'TSV' }).click();
    const copied = (await posted()).at(-1)!;
    expect('text' in copied ? copied.text : '').toContain('step-400.onnx');
  });

  test('says in every state what is going on, with one action', async () => {
    const { page, posted } = await open({ kind: 'reading', history: undefined, activity: 'Reading step-0.onnx' });
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'cancel' });
    const stopped = await open({ kind: 'stopped', history: watching.history });
    await stopped.page.getByRole('button', { name: 'Read again' }).click();
    expect((await stopped.posted()).at(-1)).toEqual({ kind: 'read' });
    const failed = await open({ kind: 'failed', history: undefined, message: 'The folder cannot be read.' });
    expect(await failed.page.getByRole('alert').innerText()).toBe('The folder cannot be read.');
  });

  test('axe-core finds nothing to complain about, wide and narrow, in any theme', async () => {
    const { page } = await open(watching);
    expect(await complaintsIn(page)).toEqual([]);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await complaintsInAllThemes(page, 'dark')).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });
});
