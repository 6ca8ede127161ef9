/** What a user does on a good day: open, read, sort, hover, export, reload. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerFileDialog } from '../file-dialog.ts';
import { watchLongTasks } from '../long-tasks.ts';
import { finished, layerNames, panelOf, rowsOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE, until } from '../waiting.ts';

let workbench: InspectorWorkbench;

beforeAll(async () => {
  workbench = await startInspector({ settings: { 'lipschitz.budgetSeconds': 2 } });
});
afterAll(() => workbench.dispose());

test('the command "Inspect Lipschitz" of the palette offers the models of the workspace and opens one', async () => {
  await workbench.runCommand('Inspect Lipschitz');
  await workbench.pick('shallow.onnx');
  const panel = await finished(workbench);
  expect(await layerNames(panel)).toEqual(expect.arrayContaining(['hidden', 'output']));
});

test('a click on a model opens it in the inspector, with true numbers and their evidence', async () => {
  await workbench.openFile('two_moons/mlp.onnx');
  const panel = await finished(workbench);
  expect(
    await panel.getByText('A change of size 1 in the input moves the output by at most').first().innerText(),
  ).toMatch(/layers\.\d/);
  expect(await rowsOf(panel).count()).toBeGreaterThanOrEqual(7);
  expect(await rowsOf(panel).first().innerText()).toContain('●');
});

test('the table sorts by a click on a heading and filters by text', async () => {
  const panel = await finished(workbench);
  const inOrder = await layerNames(panel);
  const heading = panel.locator('lipschitz-layers th.name button');
  await heading.click();
  await heading.click();
  await expect.poll(() => layerNames(panel)).toEqual(inOrder.toSorted().toReversed());
  await panel.locator('lipschitz-layers vscode-textfield input').fill('layers.4');
  await expect.poll(() => layerNames(panel)).toEqual(['layers.4']);
  await panel.locator('lipschitz-layers vscode-textfield input').fill('');
  await expect.poll(() => rowsOf(panel).count()).toBe(inOrder.length);
});

test('a layer leads to its line of code and the line to its layer', async () => {
  const panel = await finished(workbench);
  await rowsOf(panel).filter({ hasText: 'layers.2' }).getByText('networks.py').click();
  await workbench.page.locator('.tab[data-resource-name="networks.py"]').waitFor({ timeout: PATIENCE });
  const text = await workbench.hoverText('nn.Linear(2, 100),');
  expect(text).toContain('layers.0');
  expect(text).toContain('mlp.onnx');
  expect(text).toMatch(/certified/);
  expect(text).toMatch(/matched by state-dict name|matched by exporter metadata/);
  expect(text).toContain('Show in Lipschitz Inspector');
});

test('the hover shows the same interval as the table', async () => {
  const panel = await panelOf(workbench);
  const norm = await rowsOf(panel).filter({ hasText: 'layers.6' }).locator('td.norm').innerText();
  const text = await workbench.hoverText('nn.Linear(100, 1),');
  const numbers = norm.match(/\d+\.\d+/)!;
  expect(text).toContain(numbers[0]);
});

describe('the report', () => {
  const formats = {
    html: (text: string) => expect(text).toMatch(/^<!doctype html>[\s\S]*<svg/i),
    json: (text: string) => {
      const inspection = JSON.parse(text) as { format: string; layers: unknown[]; model: { file: string } };
      expect(inspection).toMatchObject({ format: 'lipschitz-inspection', model: { file: 'mlp.onnx' } });
      expect(inspection.layers.length).toBeGreaterThanOrEqual(7);
    },
  };

  for (const [format, check] of Object.entries(formats)) {
    test(`is exported as ${format}`, async () => {
      const panel = await panelOf(workbench);
      const target = join(workbench.folder, `report.${format}`);
      await panel.locator(`button[aria-label^="Export as"]`).filter({ hasText: names[format]! }).click();
      await answerFileDialog(workbench.page, `mlp.lipschitz.${format}`, target);
      const text = await until(
        async () => (await readFile(target, 'utf8').catch(() => '')) || undefined,
        () => `there is no ${target}.`,
      );
      check(text);
      expect(text).not.toContain(workbench.folder);
    });
  }
});

/** The name of the layer that the table marks. */
const selectedIn = async (panel: Frame): Promise<string | undefined> =>
  (await panel.locator('lipschitz-layers tr[aria-current] th.name > span:first-child').allInnerTexts())[0];

/** As a user does: a click on a line that is found by its text, and down from there. */
async function putCursor(text: string, linesBelow: number): Promise<void> {
  const line = workbench.page.locator('.monaco-editor .view-line').filter({ hasText: text }).first();
  await line.click({ position: { x: 20, y: 8 }, timeout: PATIENCE });
  for (let k = 0; k < linesBelow; k++) await workbench.page.keyboard.press('ArrowDown');
  await workbench.page.keyboard.press('Home');
}

const names: Readonly<Record<string, string>> = { html: 'HTML', json: 'JSON' };

test('the Map tab draws the model, tile by tile, and a cell explains itself', async ({ task }) => {
  await workbench.runCommand('Lipschitz: Local Lipschitz Map');
  const panel = await panelOf(workbench);
  await panel.getByText('Draw map').waitFor({ timeout: PATIENCE });
  const longTasks = await watchLongTasks(panel);
  await panel.getByText('Draw map').click({ timeout: PATIENCE });
  await panel.getByText(/2,500 cells in/).waitFor({ timeout: 2 * PATIENCE });
  task.meta.longTasks = await longTasks();
  process.stdout.write(`2500 cells that stream in, in the editor: ${JSON.stringify(task.meta.longTasks)}\n`);
  const canvas = panel.locator('lipschitz-map-canvas canvas');
  await canvas.press('ArrowUp');
  await canvas.press('Enter');
  await panel.getByRole('region', { name: 'Pinned cell' }).waitFor({ timeout: PATIENCE });
  await workbench.screenshot('map');
  await panel.getByRole('button', { name: 'Save the map as SVG' }).click();
  const target = join(workbench.folder, 'map.svg');
  await answerFileDialog(workbench.page, 'mlp.map.svg', target);
  const svg = await until(
    async () => (await readFile(target, 'utf8').catch(() => '')) || undefined,
    () => `there is no ${target}.`,
  );
  expect(svg).toContain('</svg>');
  await panel.getByRole('tab', { name: 'Network' }).click();
});

test('the Smoothing tab bounds the model, follows its slider, and saves the smoothed network', async () => {
  await workbench.runCommand('Lipschitz: Smooth Network');
  const panel = await panelOf(workbench);
  await panel.getByRole('button', { name: 'Smooth', exact: true }).click({ timeout: PATIENCE });
  await panel.getByText(/gradient steps of up to 1\/L = /).waitFor({ timeout: 2 * PATIENCE });
  await panel.getByText('Check on points').waitFor({ timeout: 2 * PATIENCE });
  await workbench.screenshot('smoothing');
  await panel.getByRole('slider').press('Home');
  await panel.getByText('(allowed: 1e-6)').waitFor({ timeout: PATIENCE });
  await panel.getByRole('slider').press('End');
  await panel.getByText('(allowed: 10)').waitFor({ timeout: PATIENCE });
  // What is selected here is selected in the table of the network.
  await panel.locator('lipschitz-smoothing').getByRole('button', { name: 'layers.3', exact: true }).press('Enter');
  await panel.locator('lipschitz-smoothing tr[aria-current]').getByText('layers.3').waitFor({ timeout: PATIENCE });
  await panel.getByRole('button', { name: 'the smoothed model as ONNX' }).click();
  const target = join(workbench.folder, 'smooth.onnx');
  await answerFileDialog(workbench.page, 'mlp.smooth.onnx', target);
  const size = await until(
    async () => (await readFile(target).catch(() => Buffer.alloc(0))).length || undefined,
    () => `there is no ${target}.`,
  );
  expect(size).toBeGreaterThan(10_000);
  await panel.getByRole('tab', { name: 'Network' }).press('Enter');
  await expect.poll(() => selectedIn(panel), { timeout: PATIENCE }).toBe('layers.3');
});

test('every theme is readable: screenshots are kept', async () => {
  await workbench.openFile('digits/residual_cnn.onnx');
  await finished(workbench);
  for (const theme of ['light', 'dark', 'high-contrast-dark', 'high-contrast-light'] as const) {
    await workbench.setTheme(theme);
    await workbench.screenshot(`inspector-${theme}`);
  }
});

test('beside code the inspector leaves the code in front', async () => {
  await workbench.runCommand('View: Close All Editors');
  await workbench.quickOpen('two_moons/networks.py');
  await workbench.runCommand('Inspect Lipschitz');
  await workbench.pick('mlp.onnx');
  await finished(workbench);
  await workbench.page.locator('.tab[data-resource-name="networks.py"]').waitFor({ timeout: PATIENCE });
  await workbench.screenshot('inspector-beside-code');
});

test('where the cursor rests in the code, the panel beside it selects the layer', async () => {
  for (const { below, layer } of [
    { below: 1, layer: 'layers.0' },
    { below: 3, layer: 'layers.2' },
  ])
    await until(
      async () => {
        await putCursor('self.layers = nn.Sequential(', below);
        await workbench.page.waitForTimeout(1000);
        return (await selectedIn(await panelOf(workbench))) === layer ? true : undefined;
      },
      () => `the cursor on the line of ${layer} does not select it in the panel.`,
    );
});

test('after a reload of the window both are there again, the model beside the code and the one in an editor', async () => {
  await workbench.openFile('digits/residual_cnn.onnx');
  await finished(workbench);
  await workbench.reload();
  // Both are on screen, side by side: each is the panel of its own model.
  for (const layer of ['layers.0', 'classifier'])
    await until(
      async () => {
        for (const frame of workbench.page.frames())
          if ((await layerNames(frame).catch((): string[] => [])).includes(layer)) return true;
        return undefined;
      },
      () => `no panel shows ${layer}.`,
      2 * PATIENCE,
    );
});
