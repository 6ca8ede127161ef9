import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInspectionCache } from '../../core/inspection/cache.ts';
import { defaultRequest, type InspectionRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { advance, type InspectionEvent } from '../../core/report/progress.ts';
import { toolVersion } from '../../core/version.ts';
import { WorkerClient } from '../../core/worker/client.ts';
import type { Answer } from '../../core/worker/protocol.ts';
import { bundle, type Bundles } from './worker-bundle.ts';

let bundles: Bundles;
let folder: string;
let model: string;
let client: WorkerClient;
beforeAll(async () => {
  bundles = await bundle('core/worker/entry.ts');
  folder = await mkdtemp(join(tmpdir(), 'lipschitz-product-'));
  model = join(folder, 'mlp.onnx');
  await copyFile(join(import.meta.dirname, '../../samples/two_moons/mlp.onnx'), model);
  client = new WorkerClient({
    entryFile: join(bundles.folder, 'entry.cjs'),
    entryArguments: [join(folder, 'cache'), '8'],
    memoryLimitMB: 1024,
    idleSeconds: 60,
    log: () => undefined,
  });
});
afterAll(async () => {
  client.dispose();
  await bundles.dispose();
  await rm(folder, { recursive: true });
});

const inspect = async (
  request: InspectionRequest,
  onEvent: (event: InspectionEvent) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<{ readonly answer: Answer<Inspection>; readonly events: readonly InspectionEvent[] }> => {
  const events: InspectionEvent[] = [];
  const keep = (event: InspectionEvent): void => {
    events.push(event);
    onEvent(event);
  };
  return { answer: await client.inspect(request, { onEvent: keep, signal }), events };
};

const okOf = (answer: Answer<Inspection>): Inspection => {
  if ('err' in answer) throw new Error(JSON.stringify(answer.err));
  return answer.ok;
};

test('a model is inspected once; afterwards the answer comes from the cache, for the host as well', async () => {
  const request = { ...defaultRequest(model), budgetSeconds: 2 };
  const first = await inspect(request);
  const inspection = okOf(first.answer);
  expect(first.events[0]?.kind).toBe('opened');
  expect(first.events.at(-1)).toEqual({ kind: 'finished', inspection });
  expect(first.events.reduce<Inspection | undefined>(advance, undefined)).toEqual(inspection);
  const { upper, lower } = inspection.lipschitz.l2!;
  expect(upper.value).toBeGreaterThan(lower.value);

  const again = await inspect(request);
  expect(again).toEqual({
    answer: { ok: inspection },
    events: [
      { kind: 'opened', inspection },
      { kind: 'finished', inspection },
    ],
  });
  const host = createInspectionCache(join(folder, 'cache'), { maxBytes: 1e9, toolVersion });
  expect(await host.glance(request)).toEqual(inspection);
});

test('what was inspected can be verified and rendered', async () => {
  const inspection = okOf((await inspect({ ...defaultRequest(model), budgetSeconds: 1 })).answer);
  expect(await client.verify(inspection, model)).toMatchObject({ ok: { passed: true } });
  const report = await client.render(inspection, 'json');
  expect(JSON.parse('ok' in report ? report.ok : '')).toMatchObject({ model: { file: 'mlp.onnx' } });
});

test('a file that is no model is answered with a sentence', async () => {
  const file = join(folder, 'empty.onnx');
  await writeFile(file, '');
  expect((await inspect(defaultRequest(file))).answer).toMatchObject({
    err: { kind: 'user', message: expect.stringContaining('empty.onnx') as string },
  });
  expect((await inspect(defaultRequest(join(folder, 'nowhere.onnx')))).answer).toMatchObject({
    err: { kind: 'user', message: expect.stringContaining('nowhere.onnx') as string },
  });
});

test('an inspection that is cancelled keeps what was found and stays out of the cache', async () => {
  const request = { ...defaultRequest(model), budgetSeconds: 60 };
  const abort = new AbortController();
  const { answer, events } = await inspect(request, () => abort.abort(), abort.signal);
  expect(answer).toEqual({ err: { kind: 'cancelled' } });
  expect(events.reduce<Inspection | undefined>(advance, undefined)?.model.file).toBe('mlp.onnx');
  const host = createInspectionCache(join(folder, 'cache'), { maxBytes: 1e9, toolVersion });
  expect(await host.glance(request)).toBeUndefined();
});

test('a worker that is killed in the middle of an inspection is replaced by the next one', async () => {
  const request = { ...defaultRequest(model), budgetSeconds: 59 };
  const { answer } = await inspect(request, () => void process.kill(client.pid!, 'SIGKILL'));
  expect(answer).toMatchObject({ err: { kind: 'crashed' } });
  expect(okOf((await inspect({ ...defaultRequest(model), budgetSeconds: 1 })).answer).model.file).toBe('mlp.onnx');
});

test('changed weights: both intervals, and the bytes of the changed file', async () => {
  const answer = await client.whatIf({
    inspection: { ...defaultRequest(model), budgetSeconds: 1 },
    changes: [{ kind: 'spectral', limit: 1 }],
  });
  if ('err' in answer) throw new Error(JSON.stringify(answer.err));
  const { report, model: bytes } = answer.ok;
  expect(report.layers.length).toBeGreaterThan(0);
  expect(report.layers.every(({ l2 }) => l2.after !== null && l2.after <= 1)).toBe(true);
  expect(bytes).toHaveLength((await readFile(model)).length);
});

test('how far a network keeps points apart', async () => {
  const answer = await client.bilipschitz({ ...defaultRequest(model), budgetSeconds: 1 });
  if ('err' in answer) throw new Error(JSON.stringify(answer.err));
  const { lower, upper } = answer.ok;
  expect(lower.value).toBeLessThanOrEqual(upper?.value ?? Number.POSITIVE_INFINITY);
  expect(answer.ok.norm).toBe('l2');
});
