/** The models of the workspace: listed, inspected, linked to their code, followed when files are renamed; and what greets a new user. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finished } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE } from '../waiting.ts';

let workbench: InspectorWorkbench;

beforeAll(async () => {
  workbench = await startInspector({ settings: { 'lipschitz.budgetSeconds': 2 } });
});
afterAll(() => workbench.dispose());

/** A click on the icon would close a view that is open already. */
const showModels = (): Promise<void> => workbench.runCommand('Lipschitz: Focus on Models View');
const rows = (): Locator => workbench.page.locator('.pane:has(.title:text-is("Models")) .monaco-list-row');
const row = (name: string): Locator => rows().filter({ has: workbench.page.getByText(name, { exact: true }) });
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
