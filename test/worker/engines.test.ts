import { expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { Engines } from '../../core/worker/engines.ts';

const seen = (engines: Engines, threads: number): Promise<Engine> =>
  engines.use({ provider: 'cpu', threads }, (engine) => Promise.resolve(engine));

test('calls with the same provider and threads share one engine, others have their own', async () => {
  const engines = new Engines();
  const first = await seen(engines, 1);
  expect(await seen(engines, 1)).toBe(first);
  expect(await seen(engines, 2)).not.toBe(first);
  expect((await seen(engines, 2)).summary.threads).toBe(2);
});

test('after a failure the next call gets a fresh engine', async () => {
  const engines = new Engines();
  const first = await seen(engines, 1);
  await expect(engines.use({ provider: 'cpu', threads: 1 }, () => Promise.reject(new Error('lost')))).rejects.toThrow(
    'lost',
  );
  expect(await seen(engines, 1)).not.toBe(first);
});
