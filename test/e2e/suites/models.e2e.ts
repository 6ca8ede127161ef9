/** The models of the workspace: listed, inspected, linked to their code, followed when files are renamed; and what greets a new user. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finished } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { goToLine } from '../quick-input.ts';
import { PATIENCE } from '../waiting.ts';

/** Of `self.hidden = nn.Linear(2, 100)` in samples/two_moons/networks.py, in its name. */
const hidden = { line: 36, column: 16 };

let workbench: InspectorWorkbench;

beforeAll(async () => {
  workbench = await startInspector({ settings: { 'lipschitz.budgetSeconds': 2 } });
});
afterAll(() => workbench.dispose());

/** A click on the icon would close a view that is open already. */
const showModels = (): Promise<void> => workbench.runCommand('Lipschitz: Focus on Models View');
const rows = (): Locator => workbench.page.locator('.pane:has(.title:text-is("Models")) .monaco-list-row');
const row = (name: string): Locator => rows().filter({ has: workbench.page.getByText(name, { exact: true }) });
/** What stands above the class of the model. */
const lenses = (): Locator => workbench.page.locator('.codelens-decoration').filter({ hasText: 'shallow.onnx' });
const quickPick = (): Locator => workbench.page.locator('.quick-input-widget');
const status = (): Locator => workbench.page.locator('.statusbar-item[id*="lipschitz.activeModel"]');

test('the view lists every model of the workspace, none of them inspected', async () => {
  await showModels();
  await row('spectral_norm_k1.onnx').waitFor({ timeout: PATIENCE });
  const models = (await readdir(workbench.folder, { recursive: true })).filter((name) => name.endsWith('.onnx'));
  await expect.poll(() => rows().count(), { timeout: PATIENCE }).toBe(models.length);
  expect(await row('shallow.onnx').getAttribute('aria-label')).toContain('not inspected');
});

test('a click opens a model, whose row and status bar then show its interval', async () => {
  await row('shallow.onnx').click();
  await finished(workbench);
  await expect.poll(() => row('shallow.onnx').innerText(), { timeout: PATIENCE }).toMatch(/\d.*l2/);
  await expect.poll(() => status().innerText(), { timeout: PATIENCE }).toMatch(/shallow\.onnx: .*l2/);
  await row('shallow.onnx').hover();
  await workbench.screenshot('models');
});

test('"Link Model to Source" offers the files with their evidence and keeps the choice when the source is renamed', async () => {
  await workbench.runCommand('Lipschitz: Link Model to Source…');
  const offered = quickPick().locator('.monaco-list-row').filter({ hasText: 'networks.py' });
  await offered.getByText(/3 of 3 layers, matched by state-dict name/).waitFor({ timeout: PATIENCE });
  await workbench.screenshot('link-model-to-source');
  await offered.click();
  await workbench.page
    .getByText(/shallow\.onnx is linked to .*networks\.py: 3 of 3 layers/)
    .waitFor({ timeout: PATIENCE });

  await workbench.runCommand('Explorer: Focus on Folders View');
  await workbench.quickOpen('two_moons/networks.py');
  await workbench.runCommand('File: Reveal Active File in Explorer View');
  await workbench.page.keyboard.press('F2');
  const box = workbench.page.locator('.explorer-folders-view .monaco-inputbox input');
  await box.fill('moons_networks.py', { timeout: PATIENCE });
  await box.press('Enter');
  await workbench.page.locator('.tab[data-resource-name="moons_networks.py"]').waitFor({ timeout: PATIENCE });
  await workbench.quickOpen('two_moons/moons_networks.py');
  await lenses().first().waitFor({ timeout: PATIENCE });
});

test('"Unlink" silences the lines of that model', async () => {
  await showModels();
  await row('shallow.onnx').click({ button: 'right' });
  await workbench.page.getByRole('menuitem', { name: 'Unlink Model from Source' }).click({ timeout: PATIENCE });
  await expect
    .poll(() => workbench.notifications(), { timeout: PATIENCE })
    .toEqual([{ severity: 'info', message: expect.stringContaining('linked to no source file') as string }]);
  await workbench.quickOpen('two_moons/moons_networks.py');
  await goToLine(workbench.page, hidden.line, hidden.column);
  await expect.poll(() => lenses().count(), { timeout: PATIENCE }).toBe(0);
});

test('the walkthrough leads through opening, reading, linking, budgets and builds', async () => {
  await workbench.runCommand('Lipschitz: Get Started');
  for (const step of ['Open a model', 'Read the interval', 'Link it to its code', 'Set a budget', 'Gate a build'])
    await workbench.page.locator('.getting-started-step').filter({ hasText: step }).waitFor({ timeout: PATIENCE });
  await workbench.page.locator('.getting-started-step').filter({ hasText: 'Link it to its code' }).click();
  await workbench.screenshot('walkthrough');
});

test('a workspace without models is greeted with what belongs there', async () => {
  const files = await readdir(workbench.folder, { recursive: true });
  await rename(join(workbench.folder, 'two_moons/mlp.onnx'), join(workbench.folder, 'two_moons/mlp.bin'));
  await Promise.all(
    files.filter((name) => name.endsWith('.onnx')).map((name) => rm(join(workbench.folder, name), { force: true })),
  );
  await showModels();
  await workbench.page.getByText('There are no models in this workspace').waitFor({ timeout: PATIENCE });
  await workbench.screenshot('models-welcome');
});
