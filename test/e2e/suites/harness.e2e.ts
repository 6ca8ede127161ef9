/** The harness proven on a small extension; also the example of how a suite is written. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { photographFailures } from '../failures.ts';
import { packFixture } from '../fixture-extension.ts';
import { startWorkbench, type Workbench } from '../workbench.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
let workbench: Workbench;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'greeter-'));
  try {
    const vsix = await packFixture('greeter', folder);
    workbench = await startWorkbench({ vsix, workspace: join(fixtures, 'greeter-workspace') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return () => workbench.dispose();
});

photographFailures(() => workbench);

test('a click in the explorer opens a file', async () => {
  await workbench.openFile('src/model.py');
  await workbench.page.getByText('Sequential').waitFor();
});

test('the file search opens a file', async () => {
  await workbench.quickOpen('notes.txt');
  await workbench.page.getByText('A folder to open.').waitFor();
  await workbench.quickOpen('src/model.py');
});

test('the hover on a text and on a position is that of the extension', async () => {
  expect(await workbench.hoverText('Sequential')).toBe('greeter sees Sequential in line 3');
  expect(await workbench.hoverText({ line: 6, column: 8 })).toBe('greeter sees Linear in line 6');
});

test('a command opens a webview that reacts to clicks', async () => {
  await workbench.runCommand('Greeter: Say Hello');
  const webview = await workbench.webview('#greeting');
  expect(await webview.locator('#greeting').innerText()).toBe('Hello from the webview');
  await webview.locator('#count').click();
  expect(await webview.locator('#count').innerText()).toBe('1');
});

test('a theme reaches the workbench and the webview', async () => {
  // The other themes are chosen where the inspector is photographed in them.
  for (const theme of ['high-contrast-light', 'dark'] as const) {
    await workbench.setTheme(theme);
    const screenshot = await workbench.screenshot(`harness-${theme}`);
    expect((await stat(screenshot)).size).toBeGreaterThan(10_000);
  }
});

test('notifications are read with their severity', async () => {
  expect(await workbench.notifications()).toEqual([]);
  await workbench.runCommand('Warn');
  await expect.poll(() => workbench.notifications()).toEqual([{ severity: 'warning', message: 'This is a warning.' }]);
});

test('after a reload the file is still open and its hover works', async () => {
  await workbench.reload();
  expect(await workbench.hoverText('Sequential')).toBe('greeter sees Sequential in line 3');
});
