import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultRequest } from '../../core/inspection/request.ts';
import { WorkerClient } from '../../core/worker/client.ts';
import { bundle, type Bundles } from '../worker/worker-bundle.ts';
import { median, milliseconds, printTable } from './figures.ts';

const repository = resolve(import.meta.dirname, '../..');
const shared = resolve(repository, '../shared/models');
const models = [
  ...['shallow', 'mlp', 'spectral_norm_k1'].map((name) => join(repository, 'samples/two_moons', `${name}.onnx`)),
  ...['residual_cnn', 'transformer_dynamo'].map((name) => join(repository, 'samples/digits', `${name}.onnx`)),
  join(shared, 'acasxu_1_1.onnx'),
].filter((file) => existsSync(file));

let bundles: Bundles;
beforeAll(async () => {
  bundles = await bundle('core/worker/entry.ts');
});
afterAll(() => bundles.dispose());

const newClient = (): WorkerClient =>
  new WorkerClient({
    entryFile: join(bundles.folder, 'entry.cjs'),
    memoryLimitMB: 4096,
    idleSeconds: 60,
    log: () => undefined,
  });

/** From the call to the first certified bound, which is when the panel shows its first numbers. The run is then cancelled. */
async function firstBound(client: WorkerClient, file: string): Promise<number> {
  const abort = new AbortController();
  const start = performance.now();
  let elapsed: number | undefined;
  await client.inspect(defaultRequest(file), {
    signal: abort.signal,
    onEvent(event) {
      if (event.kind !== 'bound' || elapsed !== undefined) return;
      elapsed = performance.now() - start;
      abort.abort();
    },
  });
  expect(elapsed).toBeDefined();
  return elapsed!;
}

test('first numbers with a cold and a warm worker', async () => {
  const rows: string[][] = [];
  for (const file of models) {
    const cold: number[] = [];
    const warm: number[] = [];
    for (let repeat = 0; repeat < 5; repeat++) {
      const client = newClient();
      cold.push(await firstBound(client, file));
      warm.push(await firstBound(client, file));
      client.dispose();
    }
    rows.push([file.split('/').at(-1)!, milliseconds(median(cold)), milliseconds(median(warm))]);
  }
  printTable('First certified numbers (median of 5): at most 3 s cold, 1 s warm', ['model', 'cold', 'warm'], rows);
});
