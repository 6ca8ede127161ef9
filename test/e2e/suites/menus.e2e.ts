/** The other ways in: menus, files outside the workspace, files that are not ONNX, calls from keybindings and other extensions. */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photographFailures } from '../failures.ts';
import { answerFileDialog } from '../file-dialog.ts';
import { finished, inspectFromTitle, layerNames, panelOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE, happens, until } from '../waiting.ts';

let workbench: InspectorWorkbench;
let elsewhere: string;

beforeAll(async () => {
  elsewhere = await mkdtemp(join(tmpdir(), 'lipschitz-elsewhere-'));
  workbench = await startInspector({
    settings: { 'lipschitz.budgetSeconds': 1 },
    beside: ['exporter'],
    // One network with the layers conv, hidden and out in every format.
    models: 'test/formats/same/models',
  });
});
afterAll(async () => {
  await workbench.dispose();
  await rm(elsewhere, { recursive: true, force: true });
});
photographFailures(() => workbench);

test('the context menu of a model in the Explorer inspects it', async () => {
  await workbench.chooseFromExplorerMenu('two_moons/shallow.onnx', 'Inspect Lipschitz');
  expect(await layerNames(await finished(workbench))).toEqual(expect.arrayContaining(['hidden', 'output']));
});

test('the button in the title of the editor inspects it again', async () => {
  await inspectFromTitle(workbench);
});

test('"Browse…" of the palette opens a model outside the workspace', async () => {
  const model = join(elsewhere, 'elsewhere.onnx');
  await copyFile(join(workbench.folder, 'digits/residual_cnn.onnx'), model);
  await workbench.runCommand('View: Close All Editors');
  await workbench.runCommand('Inspect Lipschitz');
  await workbench.pick('Browse…');
  await answerFileDialog(workbench.page, workbench.folder, model);
  expect(await layerNames(await finished(workbench))).toContain('classifier');
});

test('"Change Question" asks about two logits on a region, and the answer says so', async () => {
  await workbench.openFile('digits/residual_cnn.onnx');
  await finished(workbench);
  const region = workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Region' });
  await until(
    async () => {
      await workbench.runCommand('Lipschitz: Change Question…');
      // A list closes when something else takes the focus, as the panel may that has just been filled.
      return (await happens(region.first().click({ timeout: 5000 }))) ? true : undefined;
    },
    () => 'the list of what to change offers no region.',
  );
  await workbench.pick('Every input between 0 and 1');
  await workbench.pick('To');
  await workbench.pick('logits');
  const input = workbench.page.locator('.quick-input-widget .quick-input-box input');
  await workbench.page.getByText('Which component of logits?').waitFor({ timeout: PATIENCE });
  await input.fill('3-5');
  await input.press('Enter');
  await workbench.pick('Inspect');
  const panel = await finished(workbench);
  await panel.getByText('to logits[3]-[5]').first().waitFor({ timeout: PATIENCE });
  await workbench.screenshot('inspector-question');
  await panel.getByText('Change question…').click();
  await workbench.pick('The whole network, everywhere');
  await workbench.pick('Inspect');
  await (await finished(workbench)).getByText('to logits (1×10)').first().waitFor({ timeout: PATIENCE });
});

test('another extension exports a report without any question being asked', async () => {
  await workbench.runCommand('Exporter: Export Quietly');
  const target = join(workbench.folder, 'quiet.csv');
  const text = await until(
    async () => (await readFile(target, 'utf8').catch(() => '')) || undefined,
    () => `there is no ${target}.`,
  );
  expect(text).toMatch(/hidden/);
  // The command hands back the path that it has written.
  await workbench.page.getByText('Exporter: quiet.csv').first().waitFor({ timeout: PATIENCE });
});

const summary = 'A change of size 1 in the input moves the output by at most';

test('a model.json opens as text, and its title offers "Inspect Lipschitz"', async () => {
  await workbench.openFile('models/tfjs-graph/model.json');
  const panel = await inspectFromTitle(workbench);
  await panel.getByText(summary).first().waitFor({ timeout: PATIENCE });
  expect(await panel.locator('h1').innerText()).toBe('model.json');
});

test.each(['net.keras', 'net.pt2'])('%s is inspected from the palette', async (name) => {
  await workbench.runCommand('View: Close All Editors');
  await workbench.runCommand('Inspect Lipschitz');
  await workbench.pick(name);
  const panel = await finished(workbench);
  await panel.getByText(summary).first().waitFor({ timeout: PATIENCE });
  expect(await layerNames(panel)).toEqual(expect.arrayContaining(['conv', 'hidden', 'out']));
});

test('a .safetensors has the norms of its layers, and an interval once its chain is mended and composed', async () => {
  await workbench.runCommand('View: Close All Editors');
  await workbench.runCommand('Inspect Lipschitz');
  await workbench.pick('net.safetensors');
  const weights = await finished(workbench);
  expect(await layerNames(weights)).toEqual(['conv', 'hidden', 'out']);
  await weights.getByText('Say how the layers follow one another').click();
  await weights.getByText(/a guess from the order of/u).waitFor({ timeout: PATIENCE });
  await weights.getByLabel('Input without the batch').fill('1x4x4');
  await weights.getByLabel('stride of conv').fill('2');
  await weights.getByLabel('stride of conv').press('Tab');
  await weights.getByText('Compose into bounds').click();
  const panel = await panelOf(workbench);
  await panel.getByText(/rest on a chain: .*, changed by hand/u).waitFor({ timeout: PATIENCE });
  await workbench.screenshot('chain');
  await panel.getByRole('tab', { name: 'Network' }).click();
  await panel.getByText(summary).first().waitFor({ timeout: PATIENCE });
  await panel
    .getByText(/it rests on its layers following one another as the Chain tab says/u)
    .waitFor({ timeout: PATIENCE });
});
