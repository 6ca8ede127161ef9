import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { happens } from '../e2e/waiting.ts';
import { findWorkerProcess } from '../e2e/worker-process.ts';
import { copyAnew } from './editor-models.ts';
import { lastClick, marksAt } from './editor-panel-marks.ts';
import type { MeasuredWindow } from './editor-window.ts';

/** In milliseconds from the click on the file. */
export interface FirstNumbers {
  /** The panel's script runs. */
  readonly script: number;
  /** The layers are listed, without their norms. */
  readonly opened: number;
  /** The network's interval is on screen. */
  readonly interval: number;
  /** From the click on "Cancel" to "Stopped"; undefined when the inspection was over before. */
  readonly cancel: number | undefined;
  /** The worker that computed, if it survived. */
  readonly worker: number | undefined;
}

/** Opens a copy of the model that no cache knows by a click in the explorer, and cancels when it has its first interval. */
export async function firstNumbers({ workbench, folder }: MeasuredWindow, model: string): Promise<FirstNumbers> {
  const copy = join(folder, basename(model));
  await copyAnew(model, copy);
  await workbench.openFile(basename(model));
  const { marks } = await marksAt(workbench, 'interval');
  const { script = NaN, opened = NaN, interval = NaN } = marks;
  const clicked = await lastClick(workbench);
  const cancel = await cancelLatency(workbench);
  const worker = await findWorkerProcess();
  await workbench.runCommand('View: Close All Editors');
  await rm(copy);
  return { script: script - clicked, opened: opened - clicked, interval: interval - clicked, cancel, worker };
}

/** From the click on "Cancel" until the panel says that it has stopped. */
export async function cancelLatency(workbench: MeasuredWindow['workbench']): Promise<number | undefined> {
  const { panel } = await marksAt(workbench, 'opened');
  if (!(await happens(panel.getByText('Cancel', { exact: true }).click({ timeout: 2000 })))) return undefined;
  if (!(await happens(panel.getByText('Stopped.').waitFor({ timeout: 5000 })))) return undefined;
  const { marks } = await marksAt(workbench, 'stopped');
  return marks.stopped === undefined ? undefined : marks.stopped - marks.clicked;
}
