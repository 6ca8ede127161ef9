/** Files that are not ONNX, from wherever a user finds them; and weights without a graph, composed by a chain. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photographFailures } from '../failures.ts';
import { finished, inspectFromTitle, layerNames, panelOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE } from '../waiting.ts';

let workbench: InspectorWorkbench;

beforeAll(async () => {
  workbench = await startInspector({
    settings: { 'lipschitz.budgetSeconds': 1 },
    // One network with the layers conv, hidden and out in every format.
    models: 'test/formats/same/models',
  });
});
afterAll(() => workbench.dispose());
photographFailures(() => workbench);

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
