import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packedExtension } from '../e2e/packed-extension.ts';
import { until } from '../e2e/waiting.ts';
import { startWorkbench, type Workbench } from '../e2e/workbench.ts';
import { keepTime } from './editor-panel-marks.ts';
import { Probe } from './editor-probe.ts';

/** VS Code with the packed extension and the probe, on a folder with one network's code. */
export interface MeasuredWindow {
  readonly workbench: Workbench;
  readonly probe: Probe;
  readonly folder: string;
  dispose(): Promise<void>;
}

const twoMoons = resolve(import.meta.dirname, '../../samples/two_moons');

export async function openMeasuredWindow(): Promise<MeasuredWindow> {
  const probe = await Probe.pack();
  const folder = await mkdtemp(join(tmpdir(), 'lipschitz-bench-'));
  await mkdir(join(folder, 'code'));
  for (const name of ['networks.py', 'mlp.onnx']) await cp(join(twoMoons, name), join(folder, 'code', name));
  const workbench = await startWorkbench({
    vsix: [await packedExtension(), probe.vsix],
    workspace: folder,
    settings: { 'probe.port': probe.port, 'workbench.editor.useModal': 'off' },
  });
  await keepTime(workbench.page);
  return {
    workbench,
    probe,
    folder,
    dispose: async () => {
      await workbench.dispose();
      await probe.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As if VS Code had just been started: a new extension host, nothing open, nothing activated, no worker. */
export async function startAgain({ workbench, probe }: MeasuredWindow): Promise<void> {
  await workbench.runCommand('View: Close All Editors');
  const { pid } = await probe.ask('state');
  await workbench.reload();
  await until(
    async () => ((await probe.ask('state')).pid === pid ? undefined : true),
    () => 'the reloaded window still has its old extension host.',
  );
}

export async function untilActive({ probe }: MeasuredWindow): Promise<void> {
  await until(
    async () => ((await probe.ask('state')).active ? true : undefined),
    () => 'the extension is not activated.',
  );
}

/** Loading and activating, as "Developer: Show Running Extensions" has it. */
export async function reportedActivation({ workbench }: MeasuredWindow): Promise<number> {
  await workbench.runCommand('Developer: Show Running Extensions');
  const row = workbench.page
    .locator('.runtime-extensions-editor .extension')
    .filter({ hasText: 'Lipschitz Inspector' });
  const text = await row.locator('.activation-time').first().innerText();
  const found = /(\d+)\s*ms/.exec(text);
  if (found === null) throw new Error(`VS Code reports no time of activation, but "${text}".`);
  return Number(found[1]);
}
