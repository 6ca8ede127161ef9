/** Beside the code: the network above its class, limits that are not kept on their lines, what is stale, and the switch that turns it all off. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finished } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { goToLine } from '../quick-input.ts';
import { PATIENCE, until } from '../waiting.ts';

let workbench: InspectorWorkbench;
let source: string;
/** From 1, the line of the shallow network's first layer. */
let line: number;

const budgets = `{
  "budgets": [
    { "model": "two_moons/shallow.onnx", "max": 30 },
    { "model": "two_moons/shallow.onnx", "layers": "hidden", "max": 1, "why": "Two moons are one apart." },
    { "model": "two_moons/gone.onnx", "max": 1 }
  ]
}
`;

beforeAll(async () => {
  workbench = await startInspector({ settings: { 'lipschitz.budgetSeconds': 1 } });
  source = join(workbench.folder, 'two_moons/networks.py');
  line = (await readFile(source, 'utf8')).split('\n').findIndex((text) => text.includes('self.hidden = nn.Linear')) + 1;
  await writeFile(join(workbench.folder, 'lipschitz.json'), budgets);
});
afterAll(() => workbench.dispose());

const lens = (text: RegExp): Locator =>
  workbench.page.locator('.codelens-decoration').filter({ hasText: text }).first();

test('above the class stand the interval of its network, the model, its age, and whether it is within its budget', async () => {
  await workbench.openFile('two_moons/shallow.onnx');
  await finished(workbench);
  await workbench.quickOpen('two_moons/networks.py');
  // "14.8 … 15.1", or "= 14.8" where the budget was enough to close it.
  await lens(/(?:\d … \d|= \d).* l2, certified · shallow\.onnx · (just now|\d+ min ago)/).waitFor({
    timeout: PATIENCE,
  });
  await lens(/1 of 2 limits not kept/).waitFor({ timeout: PATIENCE });
});

test('a limit that is not kept is a problem on the line that makes the layer, with the evidence and the reason', async () => {
  await goToLine(workbench.page, line, 1);
  await workbench.page.locator('.squiggly-error').first().waitFor({ timeout: PATIENCE });
  // Problem and numbers come from two providers: the hover grows while it is shown.
  const text = await until(
    async () => {
      const shown = await workbench.hoverText({ line, column: 24 });
      return shown.includes('Loading...') || !shown.includes('Why:') ? undefined : shown;
    },
    () => 'the hover does not end to load, or says nothing of the layer.',
  );
  expect(text).toContain('certified to be at least 7.01: above the limit of 1. Two moons are one apart.');
  expect(text).toMatch(/Why: [A-Za-z, -]+; certified/);
  await workbench.screenshot('budget-on-the-line');
});

test('the problem offers spectral normalisation, which is a true edit; the numbers are stale from then on', async () => {
  const { page } = workbench;
  await goToLine(page, line, 24);
  const menu = page.locator('.action-widget').first();
  await until(
    async () => {
      await page.keyboard.press('Control+.');
      await page.waitForTimeout(1500);
      return (await menu.getByText('Wrap in spectral_norm').isVisible()) || undefined;
    },
    () => 'no quick fix offers spectral_norm.',
  );
  for (const offer of ['Rescale hidden by 0.142', 'Open the coupling view of shallow.onnx'])
    expect(await menu.innerText()).toContain(offer);
  await workbench.screenshot('budget-fixes');
  await menu.getByText('Wrap in spectral_norm').click();
  await lens(/code edited since/).waitFor({ timeout: PATIENCE });
  await workbench.runCommand('File: Save');
  const edited = await until(
    async () => {
      const text = await readFile(source, 'utf8');
      return text.includes('self.hidden = spectral_norm(nn.Linear(2, 100))') ? text : undefined;
    },
    () => 'the line is not wrapped.',
  );
  // The file imports it already.
  expect(edited.match(/import spectral_norm/g)).toHaveLength(1);
  await workbench.screenshot('budget-stale');
});

test('in lipschitz.json each limit says how it stands, and a model that is not there is a problem', async () => {
  await workbench.quickOpen('lipschitz.json');
  await lens(/kept, proved/).waitFor({ timeout: PATIENCE });
  await lens(/exceeded: at least 7\.01/).waitFor({ timeout: PATIENCE });
  await lens(/no such model/).waitFor({ timeout: PATIENCE });
  await workbench.page.locator('.squiggly-warning').first().waitFor({ timeout: PATIENCE });
  await workbench.screenshot('budget-file');
});

test('one setting turns all of it off', async () => {
  const { page } = workbench;
  await workbench.runCommand('Preferences: Open Workspace Settings (JSON)');
  await page.locator('.tab.active[data-resource-name="settings.json"]').waitFor({ timeout: PATIENCE });
  await until(
    async () => {
      // An editor that has just opened may not have the keyboard yet.
      await page.locator('.monaco-editor.focused').first().waitFor({ timeout: PATIENCE });
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText('{ "lipschitz.annotations.enabled": false }');
      await workbench.runCommand('File: Save');
      const written = await readFile(join(workbench.folder, '.vscode/settings.json'), 'utf8').catch(() => '');
      return written.includes('lipschitz.annotations.enabled') || undefined;
    },
    () => 'the setting is not written.',
  );
  await workbench.quickOpen('two_moons/networks.py');
  await expect.poll(() => page.locator('.codelens-decoration').count(), { timeout: PATIENCE }).toBe(0);
  await expect.poll(() => page.locator('.squiggly-error').count(), { timeout: PATIENCE }).toBe(0);
});
