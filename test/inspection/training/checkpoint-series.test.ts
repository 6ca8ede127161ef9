import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckpointSeries, type CheckpointAnswer } from '../../../core/inspection/training/checkpoint-series.ts';
import { checkpointsIn } from '../../../core/inspection/training/find-checkpoints.ts';
import type { TrainingHistory } from '../../../core/report/training/history.ts';
import { someInspection } from '../../worker/some-inspection.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lipschitz-run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As if it had been written so many seconds ago. */
async function put(name: string, text: string, secondsAgo = 60): Promise<void> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), text);
  const then = new Date(Date.now() - 1000 * secondsAgo);
  await utimes(join(folder, name), then, then);
}

/** Reads what stands in the file: "whole" is a model, anything else is not. */
function seriesOf(pace: 'once' | 'watching', texts: Map<string, string>): { series: CheckpointSeries; read: string[] } {
  const read: string[] = [];
  const inspect = (file: string): Promise<CheckpointAnswer> => {
    const name = file.slice(folder.length + 1).replaceAll('\\', '/');
    read.push(name);
    const text = texts.get(name);
    return Promise.resolve(text === 'whole' ? { ok: someInspection } : { sentence: `${name} is cut short.` });
  };
  const question = {
    folder: 'run',
    norm: 'l2',
    region: 'all',
    pace,
    find: () => checkpointsIn(folder),
    inspect,
  } as const;
  return { series: new CheckpointSeries(question), read };
}

async function updated(series: CheckpointSeries): Promise<TrainingHistory> {
  let last: TrainingHistory | undefined;
  for await (const history of series.update(new AbortController().signal)) last = history;
  return last!;
}

const states = ({ checkpoints }: TrainingHistory): string[] => checkpoints.map(({ file, state }) => `${file} ${state}`);

test('what has not changed is not read again; what is new or written anew is', async () => {
  const texts = new Map([['step-1.pt', 'whole'], ['step-2.pt', 'whole']]); // prettier-ignore
  for (const [name, text] of texts) await put(name, text);
  const { series, read } = seriesOf('watching', texts);
  expect(states(await updated(series))).toEqual(['step-1.pt read', 'step-2.pt read']);
  await updated(series);
  expect(read).toEqual(['step-1.pt', 'step-2.pt']);
  await put('step-10.pt', 'whole');
  texts.set('step-10.pt', 'whole');
  await put('step-2.pt', 'whole ', 30);
  expect(states(await updated(series))).toEqual(['step-1.pt read', 'step-2.pt read', 'step-10.pt read']);
  expect(read.slice(2).toSorted()).toEqual(['step-10.pt', 'step-2.pt']);
});

test('a file that is being written is left alone, and one cut short is tried again, with a sentence meanwhile', async () => {
  const texts = new Map([['step-1.pt', 'hal']]);
  await put('step-1.pt', 'hal', 0);
  const { series, read } = seriesOf('watching', texts);
  expect(states(await updated(series))).toEqual(['step-1.pt waiting']);
  expect([series.unsettled, read.length]).toEqual([true, 0]);
  await put('step-1.pt', 'half', 5);
  const [failed] = (await updated(series)).checkpoints;
  expect(failed).toMatchObject({ state: 'failed', message: 'step-1.pt is cut short. It may still be being written and is read again.' }); // prettier-ignore
  expect(series.unsettled).toBe(true);
  texts.set('step-1.pt', 'whole');
  await put('step-1.pt', 'whole', 5);
  expect(states(await updated(series))).toEqual(['step-1.pt read']);
  expect(series.unsettled).toBe(false);
});

test('a broken file is given up after some tries, and in a series that is read once it is tried once', async () => {
  await put('step-1.pt', 'broken');
  const watching = seriesOf('watching', new Map());
  for (let i = 0; i < 8; i++) await updated(watching.series);
  expect(watching.read.length).toBe(4);
  expect(watching.series.unsettled).toBe(false);
  const once = seriesOf('once', new Map());
  const [failed] = (await updated(once.series)).checkpoints;
  expect(failed).toMatchObject({ state: 'failed', message: 'step-1.pt is cut short.' });
  expect(once.read.length).toBe(1);
});

test('folders of checkpoints are looked into; optimizers, shards and the fewer files of another kind are left out', async () => {
  for (const step of [500, 1000]) {
    await put(`checkpoint-${step}/model.safetensors`, 'whole');
    await put(`checkpoint-${step}/optimizer.pt`, 'state');
    await put(`checkpoint-${step}/rng_state.pth`, 'state');
  }
  await put('big/model-00001-of-00002.safetensors', 'shard');
  await put('export.onnx', 'whole');
  const { order, checkpoints, notes } = await checkpointsIn(folder);
  expect(order).toBe('number');
  expect(checkpoints.map(({ name }) => name)).toEqual([
    'checkpoint-500/model.safetensors',
    'checkpoint-1000/model.safetensors',
  ]);
  expect(notes).toEqual(['1 file that ends in .onnx is left out beside 2 in .safetensors.']);
});
