/** What the story passes by, by keyboard alone: the models view and its menu, the status bar, the hover, copying, a change of weights that is tried, a chain of layers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photographFailures } from '../failures.ts';
import { Keyboard, takeMouseAway } from '../keyboard.ts';
import { finished, layerNames, panelOf } from '../panel.ts';
import { startInspector, type InspectorWorkbench } from '../packed-extension.ts';
import { PATIENCE, comesTrue, happens, until } from '../waiting.ts';

let workbench: InspectorWorkbench;
let keys: Keyboard;

beforeAll(async () => {
  workbench = await startInspector({
    settings: { 'lipschitz.budgetSeconds': 1 },
    models: 'test/formats/same/models',
  });
  keys = new Keyboard(workbench.page);
  return takeMouseAway(workbench.page);
});
afterAll(() => workbench.dispose());
photographFailures(() => workbench);

const patience = { timeout: PATIENCE };
const page = (): InspectorWorkbench['page'] => workbench.page;

/** The panel of this model, once its inspection has ended: until it comes, the one before it may stand there. */
const finishedOf = (model: string): Promise<Frame> =>
  until(
    async () => {
      const panel = await finished(workbench);
      const name = await panel
        .locator('h1')
        .innerText()
        .catch(() => '');
      return name === model ? panel : undefined;
    },
    () => `no panel shows ${model}.`,
  );

const modelsList = (): Locator => page().locator('.pane:has(.title:text-is("Models")) .monaco-list');
const focusedRow = (): Locator => modelsList().locator('.monaco-list-row.focused');

/** Puts the focus on the row of a model in the models view. */
async function goToModel(name: string): Promise<void> {
  await keys.run('Lipschitz: Focus on Models View');
  await modelsList().locator('.monaco-list-row').first().waitFor(patience);
  const isThere = async (): Promise<boolean> => {
    // A list that has just come takes the focus only when it has rows.
    if (!(await modelsList().evaluate((list) => list.contains(document.activeElement))))
      await keys.run('Lipschitz: Focus on Models View');
    const label = await focusedRow()
      .getAttribute('aria-label', { timeout: 2000 })
      .catch(() => null);
    return label?.startsWith(`${name}, `) ?? false;
  };
  await keys.press('Home');
  await keys.pressUntil('ArrowDown', isThere, `the row of ${name}`);
}

test('Models: a row is walked to, opened by Enter, and inspected anew by its key', async () => {
  await goToModel('shallow.onnx');
  await keys.press('Enter');
  expect(await layerNames(await finishedOf('shallow.onnx'))).toEqual(expect.arrayContaining(['hidden', 'output']));
  await expect
    .poll(() => focusedRow().getAttribute('aria-label'), patience)
    .toMatch(/^shallow\.onnx, inspected, l2: .*certified/);
  await goToModel('mlp_gradient_penalty.onnx');
  await keys.press('Control+Alt+L');
  expect(await layerNames(await finishedOf('mlp_gradient_penalty.onnx'))).toContain('layers.0');
});

/** Opens the menu of the row that has the focus, and takes an entry of it. */
async function chooseFromMenu(entry: string): Promise<void> {
  const menu = page().locator('.monaco-menu');
  await until(
    async () => {
      await keys.press('Shift+F10');
      return (await happens(menu.first().waitFor({ timeout: 4000 }))) || undefined;
    },
    () => 'Shift+F10 opens no menu.',
  );
  const focused = menu.locator('.action-item.focused').first();
  const isThere = async (): Promise<boolean> =>
    (await focused.innerText({ timeout: 1000 }).catch(() => '')).includes(entry);
  await keys.pressUntil('ArrowDown', isThere, `"${entry}" in the menu`);
  await keys.press('Enter');
}

test('Models: the menu of a row asks another question', async () => {
  await goToModel('shallow.onnx');
  await chooseFromMenu('Change Question…');
  await keys.choose('Region');
  await keys.choose('Every input between 0 and 1');
  await keys.choose('Inspect');
  const panel = await finishedOf('shallow.onnx');
  await panel
    .getByText(/^For every input between 0 and 1: /)
    .first()
    .waitFor(patience);
});

test('the status bar: the model of the code in front is walked to, and Enter opens it', async () => {
  await keys.run('View: Close All Editors');
  await keys.open('two_moons/networks.py');
  const item = page().locator('.statusbar-item[id*="lipschitz.activeModel"] [role=button]');
  await item.waitFor(patience);
  await keys.run('View: Focus Status Bar');
  const hasFocus = (): Promise<boolean> => item.evaluate((button) => button === document.activeElement);
  await keys.pressUntil('ArrowRight', hasFocus, 'the active model in the status bar');
  const [model] = /\w+\.onnx/.exec((await item.getAttribute('aria-label'))!)!;
  await keys.press('Enter');
  await finishedOf(model);
});

/** Shows the hover where the cursor is, goes into it, and to this link. */
async function goToLinkOfHover(link: string): Promise<void> {
  const hover = page().locator('.monaco-hover:not(.hidden)').filter({ hasText: link }).first();
  const isInside = (): Promise<boolean> =>
    hover.evaluate((box) => box.contains(document.activeElement), undefined, { timeout: 2000 }).catch(() => false);
  await until(
    async () => {
      // The first time it shows the hover, from the second time on it goes into it.
      await keys.press('Control+K', 'Control+I');
      return (await comesTrue(isInside)) || undefined;
    },
    () => `no hover with the link "${link}" takes the focus.`,
  );
  const hasFocus = (): Promise<boolean> =>
    page().evaluate((name) => document.activeElement?.textContent === name, link);
  await keys.pressUntil('Tab', hasFocus, `"${link}" in the hover`);
}

test('the hover: shown by a key, read, and its links followed to the layer and to the map', async () => {
  const source = await readFile(join(workbench.folder, 'two_moons/networks.py'), 'utf8');
  const line = source.split('\n').findIndex((text) => text.includes('self.hidden = nn.Linear'));
  for (const { link, tab } of [
    { link: 'Show in Lipschitz Inspector', tab: 'Network' },
    { link: 'Map', tab: 'Map' },
  ]) {
    await keys.run('View: Close All Editors');
    await keys.open('two_moons/networks.py');
    await keys.goTo(line + 1, 24);
    await goToLinkOfHover(link);
    await keys.press('Enter');
    const panel = await panelOf(workbench);
    await panel.getByRole('tab', { name: tab, selected: true }).waitFor(patience);
    if (tab === 'Network')
      await panel.locator('lipschitz-layers tr[aria-current]').getByText('hidden', { exact: true }).waitFor(patience);
  }
});

/** What lies in the clipboard: pasted into an empty file, which is saved. */
async function pasted(name: string): Promise<string> {
  const target = join(workbench.folder, name);
  await writeFile(target, '');
  await keys.open(name);
  await page().locator(`.editor-group-container.active .tab.active[data-resource-name="${name}"]`).waitFor(patience);
  await page().locator('.editor-group-container.active .monaco-editor.focused').waitFor(patience);
  return until(
    async () => {
      await keys.press('Control+A', 'Control+V');
      await keys.run('File: Save All Files');
      return (await readFile(target, 'utf8')) || undefined;
    },
    () => `nothing is pasted into ${name}.`,
  );
}

test('copying: a table as TSV, CSV and Markdown, a figure as SVG and as PNG', async () => {
  await keys.run('View: Close All Editors');
  const expected = [
    { control: /^button: TSV \(table\)/, name: 'tsv.txt', text: /^hidden\t/m },
    { control: /^button: CSV \(table\)/, name: 'csv.txt', text: /^hidden,/m },
    { control: /^button: Markdown \(table\)/, name: 'markdown.txt', text: /^\| hidden \|/m },
    { control: /^button: Copy the shares as SVG/, name: 'svg.txt', text: /^<svg [\s\S]*<\/svg>$/ },
  ];
  for (const { control, name, text } of expected) {
    await keys.open('two_moons/shallow.onnx');
    await keys.enter(await finishedOf('shallow.onnx'), control);
    await page().getByText('Copied to the clipboard.').first().waitFor(patience);
    expect(await pasted(name)).toMatch(text);
  }
  await keys.open('two_moons/shallow.onnx');
  await keys.enter(await finishedOf('shallow.onnx'), /^button: Copy the shares as PNG/);
  // Where the system lets no page put pixels into its clipboard, a file is offered instead.
  const [copied, offered] = [page().getByText('Copied to the clipboard.'), page().getByText('Save the Picture')];
  await copied.or(offered).first().waitFor(patience);
});

test('What if: a layer and a factor chosen, tried, and the changed model saved', async () => {
  await keys.run('View: Close All Editors');
  await keys.open('two_moons/shallow.onnx');
  const panel = await finishedOf('shallow.onnx');
  await keys.openTab(panel, 'Coupling');
  await keys.tabTo(panel, /^select: Change/);
  await page().keyboard.type('Rescale');
  await keys.tabTo(panel, /^input: Factor/);
  await keys.type('0.25');
  await keys.enter(panel, /^button: Try/);
  await panel.getByRole('region', { name: 'Table of the changed layers' }).waitFor({ timeout: 2 * PATIENCE });
  const target = join(workbench.folder, 'quarter.onnx');
  await keys.enter(panel, /^button: Save changed model/);
  await keys.answerFileDialog('shallow-changed.onnx', target);
  await until(
    async () => (await readFile(target).catch(() => Buffer.alloc(0))).length > 1000 || undefined,
    () => `there is no ${target}.`,
  );
});

test('Chain: sizes and a stride typed, a step moved, taken out and put in, composed, and taken away again', async () => {
  await keys.run('View: Close All Editors');
  await keys.runAndChoose('Inspect Lipschitz', 'net.safetensors');
  const panel = await finishedOf('net.safetensors');
  await keys.enter(panel, /^button: Say how the layers follow one another/);
  const steps = (): Promise<string[]> => panel.locator('lipschitz-chain tbody th').allInnerTexts();
  await panel.locator('lipschitz-chain tbody th').first().waitFor(patience);
  const guess = await steps();
  await keys.tabTo(panel, /^input: Input without the batch/);
  await keys.type('1x4x4');
  await keys.press('Tab');
  await keys.tabTo(panel, /^input: stride of conv/);
  await keys.type('2');
  await keys.press('Tab');
  await keys.enter(panel, /^button: Move .*, step 1, down/);
  await expect.poll(steps, patience).toEqual([guess[1], guess[0], ...guess.slice(2)]);
  await keys.enter(panel, new RegExp(`^button: Move ${guess[0]}, step 2, up`));
  await expect.poll(steps, patience).toEqual(guess);
  await keys.tabTo(panel, /^select: Step to put in/);
  await page().keyboard.type('Tanh');
  await keys.enter(panel, /^button: Put in/);
  await expect.poll(steps, patience).toEqual([...guess, 'Tanh']);
  await keys.enter(panel, new RegExp(`^button: Take .*, step ${guess.length + 1}, out`));
  await expect.poll(steps, patience).toEqual(guess);
  await keys.enter(panel, /^button: Compose into bounds/);
  await panel.getByText(/rest on a chain: .*, changed by hand/u).waitFor(patience);
  await panel.getByText('Inspect again').first().waitFor(patience);
  await keys.enter(panel, /^button: Take the chain away/);
  await panel
    .getByText(/The file says nothing of how its layers follow/)
    .first()
    .waitFor(patience);
});

test('What if, from the palette: the layers are listed, a factor is typed, and the answer is a text', async () => {
  await keys.open('two_moons/shallow.onnx');
  // A panel that has just come takes the keyboard once, and a list that is open then closes.
  await keys.tabTo(await finishedOf('shallow.onnx'), /^tab: /);
  await keys.runAndChoose('Lipschitz: What If…', 'Rescale output');
  await page().getByText('Factor of the weights').waitFor(patience);
  await keys.type('0.5');
  const input = page().locator('.quick-input-widget input').first();
  await expect.poll(() => input.inputValue(), patience).toBe('0.5');
  await keys.press('Enter');
  const text = page().locator('.editor-group-container.active .view-lines').first();
  await expect.poll(() => text.innerText(), { timeout: 2 * PATIENCE }).toMatch(/after:.*●/);
});
