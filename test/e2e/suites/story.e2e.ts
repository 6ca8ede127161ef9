/** The story of a new user by keyboard alone: every tab of the panel and what is done in it, the line of code, checkpoints that a training writes, limits for the workspace. Anything but a key is refused. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photographFailures } from '../failures.ts';
import { Keyboard, takeMouseAway } from '../keyboard.ts';
import { finished, panelOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE, happens, until } from '../waiting.ts';

let workbench: InspectorWorkbench;
let keys: Keyboard;
let panel: Frame;

beforeAll(async () => {
  workbench = await startInspector({
    settings: {
      'lipschitz.budgetSeconds': 1,
      'lipschitz.annotations.inlayHints': true,
      // Room for code and panel side by side.
      'workbench.activityBar.location': 'hidden',
    },
  });
  keys = new Keyboard(workbench.page);
  return takeMouseAway(workbench.page);
});
afterAll(() => workbench.dispose());
photographFailures(() => workbench);

const patience = { timeout: PATIENCE };
const seen = (text: string | RegExp): Promise<void> => panel.getByText(text).first().waitFor(patience);

const enter = (control: RegExp): Promise<void> => keys.enter(panel, control);
const openTab = (name: string): Promise<void> => keys.openTab(panel, name);

/** What a control of the panel saves, from the file. */
async function saved(control: RegExp, name: string): Promise<string> {
  const target = join(workbench.folder, name);
  await enter(control);
  await keys.answerFileDialog(name.slice(name.lastIndexOf('.')), target);
  return until(
    async () => (await readFile(target, 'utf8').catch(() => '')) || undefined,
    () => `there is no ${target}.`,
  );
}

test('only keys are taken', async () => {
  await expect(async () => workbench.page.locator('body').click()).rejects.toThrow('keyboard only');
  await expect(async () => workbench.page.mouse.move(1, 1)).rejects.toThrow('keyboard only');
});

test('from the palette to a model, and to another question about it', async () => {
  await keys.runAndChoose('Inspect Lipschitz', 'mlp.onnx');
  panel = await finished(workbench);
  await enter(/^button: Change question/);
  await keys.choose('Region');
  await keys.choose('Every input between 0 and 1');
  await keys.choose('Inspect');
  panel = await finished(workbench);
  await seen(/^For every input between 0 and 1: /);
});

test('Network: sorted, a layer’s detail with its spectrum, a picture and the report saved, its line revealed and left again', async () => {
  await enter(/^button: l2 norm/);
  await panel.locator('th.norm[aria-sort="descending"]').waitFor(patience);
  expect(await saved(/^button: Save the shares as SVG/, 'shares.svg')).toContain('</svg>');
  expect(await saved(/^button: Export as HTML/, 'report.html')).toMatch(/^<!doctype html>/i);
  await keys.tabTo(panel, /^row: /);
  await keys.press('Home', 'ArrowDown', 'Enter');
  const heading = panel.locator('lipschitz-detail h2');
  await heading.waitFor(patience);
  const layer = await heading.innerText();
  await enter(/^button: Show singular values/);
  await seen(/singular values, the largest/);
  await enter(/^button: (Go to networks\.py|Find the line of code)/);
  await workbench.page
    .locator('.editor-group-container.active .tab.active[data-resource-name="networks.py"]')
    .waitFor(patience);
  // Behind every call that makes a layer stands its norm, where the setting asks for it.
  const line = workbench.page.locator('.view-line').filter({ hasText: /nn\.Linear\(100,\s1\)/ });
  await expect.poll(() => line.first().innerText(), patience).toMatch(/nn\.Linear\(100,\s1\)\s*\d+\.\d+\s●/);
  await workbench.screenshot('story-beside-code');
  // And from the line back to the layer.
  await keys.run('Reveal Layer in Inspector');
  await expect
    .poll(() => panel.locator('lipschitz-layers tr[aria-current] th.name').innerText(), patience)
    .toContain(layer);
});

test('Graph: walked along its edges, searched, its table opened', async () => {
  await openTab('Graph');
  await keys.tabTo(panel, /^application: /);
  await keys.press('Home', 'ArrowDown', 'Enter');
  await expect.poll(() => panel.locator('lipschitz-detail h2').innerText(), patience).toBe('layers.0');
  await keys.press('Escape');
  await keys.tabTo(panel, /^input: Search/);
  await keys.type('layers.4');
  await keys.press('Enter');
  await seen('1 of 1');
  await enter(/^summary: The graph as a table/);
  await panel.getByRole('region', { name: 'Nodes of the graph' }).waitFor(patience);
});

test('Coupling: a target typed, and the rescaling that reaches it', async () => {
  await openTab('Coupling');
  await keys.tabTo(panel, /^input: Target for the constant L/);
  await keys.type('4');
  await keys.press('Tab');
  await panel.getByRole('region', { name: 'Table of the restrictions' }).waitFor(patience);
});

test('Map: a long one cancelled, a small one drawn, a cell pinned, the picture saved', async () => {
  await openTab('Map');
  const cells = async (side: string): Promise<void> => {
    await keys.tabTo(panel, /^select: Cells/);
    await workbench.page.keyboard.type(side);
  };
  await cells('200');
  await enter(/^button: Draw map/);
  await enter(/^button: Cancel/);
  await seen(/Stopped/);
  await cells('25');
  await enter(/^button: Draw map/);
  await seen(/625 cells in/);
  await keys.tabTo(panel, /^(application|img|canvas): Map of local/);
  await keys.press('ArrowUp', 'Enter');
  await panel.getByRole('region', { name: 'Pinned cell' }).waitFor(patience);
  expect(await saved(/^button: Save the map as SVG/, 'map.svg')).toContain('</svg>');
});

test('Smoothing: started, its slider moved, a layer selected', async () => {
  await openTab('Smoothing');
  await enter(/^button: Smooth$/);
  await seen(/gradient steps of up to 1\/L = /);
  await keys.tabTo(panel, /^input: Allowed deviation/);
  await keys.press('Home');
  await seen('(allowed: 1e-6)');
  await enter(/^button: layers\.3$/);
  await panel.locator('lipschitz-smoothing tr[aria-current]').getByText('layers.3').waitFor(patience);
});

test('Compare: another model chosen, what changed, a layer of it opened', async () => {
  await openTab('Compare');
  await enter(/^button: Compare with/);
  await keys.choose('mlp_gradient_penalty.onnx');
  panel = await panelOf(workbench);
  await panel.getByRole('heading', { name: 'mlp.onnx → mlp_gradient_penalty.onnx' }).waitFor({ timeout: 2 * PATIENCE });
  await panel.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'hidden', timeout: 2 * PATIENCE });
  expect(await panel.locator('lipschitz-compare .sentences').innerText()).toMatch(/rougher|smoother/);
  await workbench.screenshot('story-compare');
  await enter(/^button: layers\.2$/);
  await panel.locator('lipschitz-compare tr[aria-current="true"]').waitFor(patience);
  await enter(/^button: Close the detail/);
});

test('a folder of checkpoints is followed while a training writes files', async () => {
  const run = join(workbench.folder, 'run');
  await mkdir(run, { recursive: true });
  const checkpoint = (model: string, step: number): Promise<void> =>
    copyFile(join(workbench.folder, 'two_moons', model), join(run, `step-${step}.onnx`));
  await checkpoint('mlp.onnx', 100);
  await checkpoint('mlp_gradient_penalty.onnx', 200);
  await keys.run('Checkpoint History');
  await keys.answerFileDialog('samples', run);
  const history = await workbench.webview('lipschitz-history');
  const rows = history.locator('tbody tr');
  await expect.poll(() => rows.count(), { timeout: 2 * PATIENCE }).toBe(2);
  await checkpoint('mlp.onnx', 300);
  await expect.poll(() => rows.count(), { timeout: 2 * PATIENCE }).toBe(3);
  await expect.poll(() => rows.last().innerText(), { timeout: 2 * PATIENCE }).toMatch(/\d … \d|= \d/);
  await workbench.screenshot('story-history');
});

test('"Check Budgets" asks what the limits need and counts; its problem is gone to, and mended by an edit', async () => {
  await writeFile(
    join(workbench.folder, 'lipschitz.json'),
    '{ "budgets": [{ "model": "two_moons/shallow.onnx", "layers": "hidden", "max": 1 }, { "model": "two_moons/shallow.onnx", "max": 1e6 }] }\n',
  );
  await keys.run('View: Close All Editors');
  await keys.open('two_moons/networks.py');
  await keys.run('Check Budgets');
  await workbench.page
    .getByText('Budgets: 1 kept, 1 exceeded, 0 not proved.')
    .first()
    .waitFor({ timeout: 2 * PATIENCE });
  await workbench.screenshot('story-check-budgets');
  await keys.run('Go to Next Problem in Files (Error, Warning, Info)');
  await workbench.page.getByText('above the limit of 1').first().waitFor(patience);
  const fix = workbench.page.locator('.action-widget .monaco-list-row.focused');
  await until(
    async () => {
      await keys.press('Control+.');
      return (await happens(fix.first().waitFor({ timeout: 5000 }))) || undefined;
    },
    () => 'the problem offers no fix.',
  );
  const offered = async (): Promise<boolean> => (await fix.innerText()).includes('Rescale hidden by 0.14');
  await keys.pressUntil('ArrowDown', offered, '"Rescale hidden"');
  await keys.press('Enter');
  await until(
    async () => {
      // The edit is worked out after the key: a save may come before it.
      await keys.run('File: Save All Files');
      return (
        /hidden.*0\.14\d*/.test(await readFile(join(workbench.folder, 'two_moons/networks.py'), 'utf8')) || undefined
      );
    },
    () => 'the line is not rescaled.',
  );
});
