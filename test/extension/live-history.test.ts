import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckpointSeries } from '../../core/inspection/training/checkpoint-series.ts';
import { checkpointsIn } from '../../core/inspection/training/find-checkpoints.ts';
import { LiveHistory } from '../../extension/live-history.ts';
import { someInspection } from '../worker/some-inspection.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lipschitz-live-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string): Promise<void> {
  await writeFile(join(folder, name), 'weights');
  const then = new Date(Date.now() - 60_000);
  await utimes(join(folder, name), then, then);
}

function live(inspect: (file: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve()): LiveHistory {
  const series = new CheckpointSeries({
    ...{ folder: 'run', norm: 'l2', region: 'all', pace: 'watching' },
    find: () => checkpointsIn(folder),
    inspect: async (file, signal) => {
      await inspect(file, signal);
      return { ok: someInspection };
    },
  });
  return new LiveHistory(series, {
    reading: (file, done, of) => `${file} ${done}/${of}`,
    internal: (message) => `ours: ${message}`,
  });
}

const files = (history: LiveHistory): string[] =>
  history.state.history?.checkpoints.map(({ file, state }) => `${file} ${state}`) ?? [];

test('reads what is there one by one, then what training writes', async () => {
  await put('step-1.pt');
  await put('step-2.pt');
  const history = live();
  const said: string[] = [];
  history.changes.listen((state) => said.push(state.kind === 'reading' ? state.activity : state.kind));
  await history.read();
  expect(said).toEqual(['step-1.pt 0/2', 'step-2.pt 1/2', ' 2/2', 'watching']);
  await put('step-3.pt');
  history.touched();
  await expect.poll(() => files(history), { timeout: 20_000 }).toEqual(['step-1.pt read', 'step-2.pt read', 'step-3.pt read']); // prettier-ignore
  history.dispose();
});

test('a cancel keeps what was read and says so; reading again goes on', async () => {
  await put('step-1.pt');
  await put('step-2.pt');
  const history: LiveHistory = live((file) => {
    if (file.endsWith('step-2.pt') && cancels-- > 0) history.cancel();
    return Promise.resolve();
  });
  let cancels = 1;
  await history.read();
  expect(history.state.kind).toBe('stopped');
  expect(files(history)).toEqual(['step-1.pt read', 'step-2.pt waiting']);
  await history.read();
  expect([history.state.kind, ...files(history)]).toEqual(['watching', 'step-1.pt read', 'step-2.pt read']);
  history.dispose();
});

test('a folder that is gone is said in a sentence', async () => {
  const history = live();
  await rm(folder, { recursive: true });
  await history.read();
  expect('message' in history.state ? history.state.message : '').toContain('cannot be read');
});
