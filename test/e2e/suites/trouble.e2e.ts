/** What a user meets on a bad day: impatience, a dead worker, broken and changing files. */
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finished, layerNames, panelOf, rowsOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE } from '../waiting.ts';
import { workerProcess } from '../worker-process.ts';

let workbench: InspectorWorkbench;

beforeAll(async () => {
  // Far more than any of these tests waits: whatever ends earlier was ended by the test.
  workbench = await startInspector({ settings: { 'lipschitz.budgetSeconds': 300 } });
});
afterAll(() => workbench.dispose());

// How soon is measured by the bench: on a machine with other work the browser alone may take seconds.
test('a long inspection is cancelled and keeps what it has found', async () => {
  await workbench.openFile('digits/residual_cnn.onnx');
  const panel = await panelOf(workbench);
  await rowsOf(panel).first().waitFor({ timeout: PATIENCE });
  await panel.getByText('●').first().waitFor({ timeout: PATIENCE });
  await panel.getByText('Cancel', { exact: true }).click();
  await panel.getByText('Stopped.').waitFor({ timeout: PATIENCE });
  expect(await rowsOf(panel).count()).toBeGreaterThanOrEqual(13);
  expect(await workbench.notifications()).toEqual([]);
});

test('when the worker dies there is one message, the numbers stay, and a restart recovers', async () => {
  const panel = await panelOf(workbench);
  await panel.getByText('Continue').click();
  await panel.locator('.banner.running').waitFor({ timeout: PATIENCE });
  await panel.getByText('●').first().waitFor({ timeout: PATIENCE });
  process.kill(await workerProcess(), 'SIGKILL');
  await panel.getByText('ended unexpectedly').first().waitFor({ timeout: PATIENCE });
  expect(await rowsOf(panel).count()).toBeGreaterThanOrEqual(13);
  const messages = await workbench.notifications();
  expect(messages.map(({ severity }) => severity)).toEqual(['error']);
  expect(messages[0]!.message).toContain('residual_cnn.onnx');
  await panel.getByText('Restart', { exact: true }).click();
  await panel.locator('.banner.running').waitFor({ timeout: PATIENCE });
  await workbench.runCommand('Lipschitz: Cancel');
  await panel.getByText('Stopped.').waitFor({ timeout: PATIENCE });
});

test('a broken file gets one sentence in its panel and harms nothing', async () => {
  await writeFile(
    join(workbench.folder, 'broken.onnx'),
    'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
  );
  await workbench.quickOpen('broken.onnx');
  const panel = await panelOf(workbench);
  await panel.getByText(/broken\.onnx.*LFS/i).waitFor({ timeout: PATIENCE });
  await panel.getByText('Try again').waitFor({ timeout: PATIENCE });
});

test('a file that changes on disk is inspected again while it is on screen', async () => {
  const shallow = join(workbench.folder, 'two_moons/shallow.onnx');
  await copyFile(shallow, join(workbench.folder, 'broken.onnx'));
  const panel = await finished(workbench);
  expect(await layerNames(panel)).toEqual(expect.arrayContaining(['hidden', 'output']));
});

test('a file that is deleted says so, with its numbers still there', async () => {
  await rm(join(workbench.folder, 'broken.onnx'));
  const panel = await panelOf(workbench);
  await panel.getByText('no longer there').waitFor({ timeout: PATIENCE });
  expect(await layerNames(panel)).toEqual(expect.arrayContaining(['hidden', 'output']));
});

test('"Reopen With" still gives the text editor', async () => {
  await workbench.openFile('two_moons/shallow.onnx');
  await workbench.runCommand('View: Reopen Editor With...');
  await workbench.pick('Text Editor');
  await workbench.page.locator('.editor-instance').first().waitFor({ timeout: PATIENCE });
  expect(await workbench.page.locator('.editor-group-container .webview').count()).toBe(0);
});

test('no message is left over from all this', async () => {
  expect((await workbench.notifications()).filter(({ severity }) => severity === 'error')).toHaveLength(1);
});
