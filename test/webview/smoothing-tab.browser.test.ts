import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smoothingAnswer } from '../../core/estimators/smoothing/answer.ts';
import { digits } from '../../core/report/digits.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { someProblem, someSmoothing } from '../report/fixtures/smoothing.ts';
import { complaintsIn, complaintsInAllThemes } from './axe.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

describe.skipIf(browserPath === undefined)('the Smoothing tab in Chromium (skipped where none is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  const open = async (): Promise<PanelView> => {
    await view.again();
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    await view.send({ kind: 'show', tab: 'smoothing' });
    return view;
  };
  const finished = (of: PanelView): Promise<void> =>
    of.send({ kind: 'smoothing', state: { kind: 'finished', report: someSmoothing } });
  const slide = (page: Page, power: number): Promise<void> =>
    page.locator('input[type=range]').evaluate((slider, value) => {
      (slider as HTMLInputElement).value = String(value);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }, power);

  test('asks for a smoothing, shows its progress, can be cancelled, and asks for the files', async () => {
    const { page, posted, send, complaints } = await open();
    await page.getByRole('button', { name: 'Smooth', exact: true }).click();
    const choice = { epsilon: 0.1, rule: 'optimal', variant: 'one-sided', choices: {} };
    expect((await posted()).at(-1)).toEqual({ kind: 'smooth', choice });
    await send({ kind: 'smoothing', state: { kind: 'running', report: undefined, activity: 'Norms', fraction: 0.2 } });
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'cancel-smoothing' });
    await finished(view);
    await page.getByRole('button', { name: 'the smoothed model as ONNX' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'export-smoothing', format: 'onnx', choice });
    expect(complaints).toEqual([]);
  });

  test('answers the slider by itself, with the numbers of the closed form, and at once', async () => {
    const { page, posted } = await open();
    await finished(view);
    const said = (await posted()).length;
    await slide(page, -3);
    const { output } = smoothingAnswer(someProblem, { epsilon: 0.001, rule: 'optimal' });
    const promise = page.locator('.promise');
    await expect.poll(() => promise.innerText()).toContain(`L = ${digits(output.smoothness!, 'up')} per unit`);
    expect(await promise.innerText()).toContain('moves by at most 0.001');
    expect(await posted()).toHaveLength(said);
    expect(await page.locator('input[type=range]').getAttribute('aria-valuetext')).toBe('epsilon 0.001');
    const milliseconds = await page.evaluate(async () => {
      const tab = document.querySelector('lipschitz-panel')!.shadowRoot!.querySelector('lipschitz-smoothing')!;
      const start = performance.now();
      (tab as unknown as { choice: unknown }).choice = {
        ...(tab as unknown as { choice: object }).choice,
        epsilon: 0.02,
      };
      await (tab as unknown as { updateComplete: Promise<unknown> }).updateComplete;
      return performance.now() - start;
    });
    expect(milliseconds).toBeLessThan(1000);
  });

  test('draws L and mu against epsilon, the kink of the chosen layer before and after, and the data, each with a table', async () => {
    const { page, posted, complaints } = await open();
    await finished(view);
    const figures = page.locator('lipschitz-smoothing .figures figure');
    await expect.poll(() => figures.count()).toBe(5);
    for (const title of [
      'The smoothness constant L against',
      'The accuracies mu of the layers',
      'Accuracy on the data',
      'Loss on the data',
    ])
      expect(await page.getByRole('img', { name: title }).count(), title).toBe(1);
    await page.getByLabel('Before (dashed) and after').selectOption('block2.relu');
    const { width } = smoothingAnswer(someProblem, { epsilon: 0.1, rule: 'optimal' }).layers[1]!;
    await expect
      .poll(() => page.getByRole('img', { name: 'The kink at 0' }).textContent())
      .toContain(digits(4 * width, 'nearest'));
    await page.getByText('The data as a table').click();
    expect(await page.getByRole('region', { name: 'The data as a table' }).innerText()).toContain('original');
    await page.getByText('The curves as a table').click();
    expect(await page.getByRole('columnheader', { name: 'μ of block2.relu' }).count()).toBe(1);
    await page.getByRole('button', { name: 'the report as HTML' }).click();
    expect((await posted()).at(-1)).toMatchObject({ kind: 'export-smoothing', format: 'html' });
    expect(complaints).toEqual([]);
  });

  test('data are asked for, shown by name, and taken away again, by the keyboard', async () => {
    const { page, posted, send } = await open();
    const choice = { epsilon: 0.1, rule: 'optimal', variant: 'one-sided', choices: {} };
    const { data, ...without } = someSmoothing;
    await send({ kind: 'smoothing', state: { kind: 'finished', report: without } });
    await page.getByRole('button', { name: 'Compare on data…' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'choose-smoothing-data', choice });
    await finished(view);
    expect(await page.getByRole('group', { name: 'Data' }).innerText()).toContain(`${data!.examples} examples of points.npy, labels of labels.npy`); // prettier-ignore
    await page.getByRole('button', { name: 'Without data' }).press('Enter');
    expect((await posted()).at(-1)).toEqual({ kind: 'leave-smoothing-data', choice });
  });

  test('every layer says its line of code and leads there', async () => {
    const { page, posted } = await open();
    await finished(view);
    const row = page.getByRole('row', { name: 'block1.relu' });
    expect(await row.innerText()).toContain('net.py:7');
    await row.getByRole('button', { name: 'net.py:7' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'reveal', layer: 'block1.relu' });
  });

  test('the rules for all weights within radii ask for the radii, and take those of the file again', async () => {
    const { page, posted } = await open();
    await finished(view);
    const radii = page.getByRole('group', { name: 'Radii of the parameters' });
    expect(await radii.count()).toBe(0);
    await page.getByLabel('Rule').selectOption('paper-algorithm2');
    await page.getByLabel('Radius of block2.conv1').fill('7');
    await page.getByLabel('Radius of block2.conv1').press('Enter');
    const choice = { epsilon: 0.1, rule: 'paper-algorithm2', variant: 'one-sided', choices: {} };
    await expect.poll(async () => (await posted()).at(-1)).toEqual({ kind: 'smooth', choice: { ...choice, radii: [4, 7] } }); // prettier-ignore
    await radii.getByRole('button', { name: 'Those of the file' }).click();
    expect((await posted()).at(-1)).toEqual({ kind: 'smooth', choice });
  });

  test('a locked layer keeps its accuracy and the other one takes the rest; too much is said', async () => {
    const { page } = await open();
    await finished(view);
    await page.getByRole('checkbox', { name: 'Lock block1.relu' }).check();
    const locked = smoothingAnswer(someProblem, { epsilon: 0.1, rule: 'optimal' }).layers[0]!.mu;
    await slide(page, -0.5);
    const cells = page.locator('lipschitz-smoothing .scroll tbody tr').first().locator('td');
    await expect.poll(() => cells.first().innerText()).toBe(digits(locked, 'up'));
    await slide(page, -4);
    await expect.poll(() => page.getByText('The locked layers ask for more').count()).toBe(1);
  });

  test('axe-core finds nothing to complain about, wide and narrow, in any theme', async () => {
    const { page } = await open();
    await finished(view);
    expect(await complaintsInAllThemes(page, 'dark')).toEqual([]);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await complaintsIn(page)).toEqual([]);
  });
});
