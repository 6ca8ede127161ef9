/** The story of a new user by keyboard alone, and what stands beside it: a comparison, checkpoints that a training writes, limits for the workspace. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photographFailures } from '../failures.ts';
import { finished, panelOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE, until } from '../waiting.ts';

let workbench: InspectorWorkbench;

beforeAll(async () => {
  workbench = await startInspector({
    settings: {
      'lipschitz.budgetSeconds': 2,
      'lipschitz.annotations.inlayHints': true,
      // Room for code and panel side by side.
      'workbench.activityBar.location': 'hidden',
    },
  });
});
afterAll(() => workbench.dispose());
photographFailures(() => workbench);

const tab = (name: string): Locator => workbench.page.locator(`.tab[data-resource-name="${name}"]`);

/** Presses Tab until the panel's focus is on what this finds, and says how often that took. */
async function tabTo(panel: Frame, wanted: (focused: string) => boolean): Promise<void> {
  await until(
    async () => {
      if (wanted(await panel.evaluate(focusedInPanel))) return true;
      await workbench.page.keyboard.press('Tab');
      return undefined;
    },
    async () => `Tab does not get there; the focus is on "${await panel.evaluate(focusedInPanel)}".`,
  );
}

test('by keyboard alone: from the palette to the model, its table, a layer, its line of code', async () => {
  const { page } = workbench;
  await page.keyboard.press('F1');
  await page.keyboard.type('Inspect Lipschitz');
  await page.locator('.quick-input-list .monaco-list-row').getByText('Inspect Lipschitz').first().waitFor();
  await page.keyboard.press('Enter');
  await page
    .locator('.quick-input-list .monaco-list-row')
    .getByText('two_moons/mlp.onnx')
    .first()
    .waitFor({ timeout: PATIENCE });
  await page.keyboard.type('mlp.onnx');
  await page.keyboard.press('Enter');
  const panel = await finished(workbench);
  await panel.locator('lipschitz-panel').getByText('networks.py').first().waitFor({ timeout: PATIENCE });
  await page.keyboard.press('Control+1');
  await tabTo(panel, (focused) => focused.startsWith('tr:'));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => panel.locator('lipschitz-detail h2').innerText(), { timeout: PATIENCE }).toBe('layers.2');
  await tabTo(panel, (focused) => focused.startsWith('button:Go to networks.py'));
  await page.keyboard.press('Enter');
  await tab('networks.py').waitFor({ timeout: PATIENCE });
  await page.locator('.editor-group-container.active .tab.active[data-resource-name="networks.py"]').waitFor();
  await page.getByText(/Ln \d+, Col \d+ \(19 selected\)/).waitFor({ timeout: PATIENCE });
});

test('behind every call that makes a layer stands its norm, where the setting asks for it', async () => {
  const line = workbench.page
    .locator('.view-line')
    .filter({ hasText: /nn\.Linear\(100,\s1\)/ })
    .first();
  await expect.poll(() => line.innerText(), { timeout: PATIENCE }).toMatch(/nn\.Linear\(100,\s1\)\s*\d+\.\d+\s●/);
  await workbench.screenshot('story-beside-code');
});

test('two models are compared: which layers changed and which network is rougher, proved', async () => {
  await workbench.runCommand('View: Close All Editors');
  await workbench.openFile('two_moons/mlp.onnx');
  await finished(workbench);
  await workbench.runCommand('Lipschitz: Compare With…');
  await workbench.pick('mlp_gradient_penalty.onnx');
  const panel = await panelOf(workbench);
  await panel.getByRole('heading', { name: 'mlp.onnx → mlp_gradient_penalty.onnx' }).waitFor({ timeout: 2 * PATIENCE });
  await panel.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'hidden', timeout: 2 * PATIENCE });
  expect(await panel.locator('lipschitz-compare .sentences').innerText()).toMatch(/rougher|smoother/);
  await panel.locator('lipschitz-compare tbody button').first().press('Enter');
  await panel.locator('lipschitz-compare tr[aria-current]').waitFor({ timeout: PATIENCE });
  await panel.getByRole('button', { name: 'Close the detail' }).press('Enter');
  await workbench.screenshot('story-compare');
});

test('a folder of checkpoints is followed while a training writes files', async () => {
  const run = join(workbench.folder, 'run');
  await mkdir(run, { recursive: true });
  const checkpoint = (model: string, step: number): Promise<void> =>
    copyFile(join(workbench.folder, 'two_moons', model), join(run, `step-${step}.onnx`));
  await checkpoint('mlp.onnx', 100);
  await checkpoint('mlp_gradient_penalty.onnx', 200);
  await workbench.chooseFromExplorerMenu('run', 'Checkpoint History');
  const history = await workbench.webview('lipschitz-history');
  const rows = history.locator('tbody tr');
  await expect.poll(() => rows.count(), { timeout: 2 * PATIENCE }).toBe(2);
  await checkpoint('mlp.onnx', 300);
  await expect.poll(() => rows.count(), { timeout: 2 * PATIENCE }).toBe(3);
  await expect.poll(() => rows.last().innerText(), { timeout: 2 * PATIENCE }).toMatch(/\d … \d/);
  await workbench.screenshot('story-history');
});

test('"Check Budgets" asks what the limits need, counts, and leads to the problems, whose fix is an edit', async () => {
  await writeFile(
    join(workbench.folder, 'lipschitz.json'),
    '{ "budgets": [{ "model": "two_moons/shallow.onnx", "layers": "hidden", "max": 1 }, { "model": "two_moons/shallow.onnx", "max": 1e6 }] }\n',
  );
  await workbench.runCommand('View: Close All Editors');
  await workbench.quickOpen('two_moons/networks.py');
  await workbench.runCommand('Lipschitz: Check Budgets');
  await workbench.page
    .getByText('Budgets: 1 kept, 1 exceeded, 0 not proved.')
    .first()
    .waitFor({ timeout: 2 * PATIENCE });
  await workbench.screenshot('story-check-budgets');
  // It may have gone to the list of notifications meanwhile.
  await workbench.runCommand('Notifications: Show Notifications');
  await workbench.page.getByRole('button', { name: 'Show Problems' }).first().click({ timeout: PATIENCE });
  const problem = workbench.page.locator('.markers-panel .monaco-list-row').filter({ hasText: 'above the limit of 1' });
  await problem.click({ timeout: PATIENCE });
  await workbench.page.keyboard.press('Control+.');
  const menu = workbench.page.locator('.action-widget, .monaco-menu').last();
  await menu.getByText(/Rescale hidden by 0\.14/).click({ timeout: PATIENCE });
  const text = await until(
    async () => {
      // The edit is worked out after the click: a save may come before it.
      await workbench.runCommand('File: Save All Files');
      const now = await readFile(join(workbench.folder, 'two_moons/networks.py'), 'utf8');
      return /0\.14\d*/.test(now) ? now : undefined;
    },
    () => 'the line is not rescaled.',
  );
  expect(text).toMatch(/hidden/);
});

/** Runs in the webview: the tag of what has the focus, and how it begins. */
function focusedInPanel(): string {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  if (!(focused instanceof HTMLElement)) return '';
  return `${focused.localName}:${(focused.innerText || focused.getAttribute('aria-label') || '').trim().slice(0, 60)}`;
}
