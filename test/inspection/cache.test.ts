import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createInspectionCache, type CacheOptions, type InspectionCache } from '../../core/inspection/cache.ts';
import { fingerprint } from '../../core/inspection/fingerprint.ts';
import { defaultRequest, type InspectionRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { layer, someInspection } from '../worker/some-inspection.ts';

let root: string;
let folder: string;
let model: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lipschitz-cache-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = join(root, `cache ${++count}`);
  model = join(root, `models ${count}`, 'some.onnx');
  await mkdir(join(model, '..'));
  await writeFile(model, 'weights');
});

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const open = (options: Partial<CacheOptions> = {}): InspectionCache =>
  createInspectionCache(folder, { maxBytes: 1e9, toolVersion: '1.0.0', ...options });
const inspectionOf = (content: string | Buffer, other: Partial<Inspection> = {}): Inspection => ({
  ...someInspection,
  ...other,
  model: { ...someInspection.model, sha256: sha256(content) },
});
const put = async (cache: InspectionCache, request: InspectionRequest, inspection: Inspection): Promise<void> =>
  (await cache.entry(request)).write(inspection);
const get = async (cache: InspectionCache, request: InspectionRequest): Promise<Inspection | undefined> =>
  (await cache.entry(request)).read();
const entries = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.inspection')).map((name) => join(folder, name));

test('what was put comes back bit by bit, also in another process', async () => {
  const request = defaultRequest(model);
  expect(await get(open(), request)).toBeUndefined();
  await put(open(), request, inspectionOf('weights'));
  expect(await get(open(), request)).toEqual(inspectionOf('weights'));
  expect(await open().glance(request)).toEqual(inspectionOf('weights'));
});

test('a moved model is known by its content, and shown under its new name', async () => {
  await put(open(), defaultRequest(model), inspectionOf('weights'));
  const moved = join(root, `moved ${count}.onnx`);
  await rename(model, moved);
  expect((await get(open(), defaultRequest(moved)))?.model.file).toBe(`moved ${count}.onnx`);
});

test('another content, another setting and another version of the tool are misses', async () => {
  const request: InspectionRequest = { ...defaultRequest(model), dims: { batch: 1, length: 8 } };
  await put(open(), request, inspectionOf('weights'));
  const others: Partial<InspectionRequest>[] = [
    { norm: 'l1' },
    { region: 'box:0,1' },
    { budgetSeconds: 11 },
    { provider: 'cpu' },
    { threads: 1 },
    { input: 'x' },
    { output: 'y' },
    { set: { noise: '0' } },
    { dims: { batch: 2, length: 8 } },
  ];
  for (const other of others) expect(await get(open(), { ...request, ...other })).toBeUndefined();
  expect(await get(open({ toolVersion: '1.0.1' }), request)).toBeUndefined();
  expect(await get(open(), { ...request, dims: { length: 8, batch: 1 } })).toBeDefined();
  await writeFile(model, 'Weights');
  expect(await get(open(), request)).toBeUndefined();
});

test('a change that keeps size and modification time is still noticed', async () => {
  const cache = open();
  await put(cache, defaultRequest(model), inspectionOf('weights'));
  const { atime, mtime } = await stat(model);
  await writeFile(model, 'WEIGHTS');
  await utimes(model, atime, mtime);
  expect(await cache.glance(defaultRequest(model))).toBeUndefined();
  expect(await get(cache, defaultRequest(model))).toBeUndefined();
});

test('a glance sees what another process has found out meanwhile', async () => {
  const host = open();
  await put(host, defaultRequest(model), inspectionOf('weights'));
  expect(await host.glance(defaultRequest(model))).toBeDefined();
  await writeFile(model, 'retrained');
  expect(await host.glance(defaultRequest(model))).toBeUndefined();
  await put(open(), defaultRequest(model), inspectionOf('retrained'));
  expect(await host.glance(defaultRequest(model))).toEqual(inspectionOf('retrained'));
});

test('a glance at a model that is gone, or that nobody has read, finds nothing', async () => {
  expect(await open().glance(defaultRequest(model))).toBeUndefined();
  await put(open(), defaultRequest(model), inspectionOf('weights'));
  await rm(model);
  expect(await open().glance(defaultRequest(model))).toBeUndefined();
});

test('a changed file of external weights is a miss', async () => {
  const content = Buffer.from('..\x0a\x08location\x12\x0cweights.data..', 'latin1');
  await writeFile(model, content);
  const companion = join(model, '..', 'weights.data');
  await writeFile(companion, 'a');
  await put(open(), defaultRequest(model), inspectionOf(content));
  expect(await get(open(), defaultRequest(model))).toBeDefined();
  await writeFile(companion, 'b');
  expect(await get(open(), defaultRequest(model))).toBeUndefined();
  await rm(companion);
  expect(await get(open(), defaultRequest(model))).toBeUndefined();
});

test('an inspection of what the file was before it changed is not stored', async () => {
  const cache = open();
  const entry = await cache.entry(defaultRequest(model));
  await writeFile(model, 'retrained');
  await entry.write(inspectionOf('retrained'));
  expect(await get(cache, defaultRequest(model))).toBeUndefined();
});

test('an unfinished inspection is not stored', async () => {
  const l2 = { lower: someInspection.lipschitz.l2!.lower, upper: { value: null, pending: true } } as const;
  await put(open(), defaultRequest(model), inspectionOf('weights', { lipschitz: { l2 } }));
  expect(await get(open(), defaultRequest(model))).toBeUndefined();
});

test('whatever happens to an entry on disk, it comes back whole or not at all', async () => {
  const cache = open();
  const request = defaultRequest(model);
  await put(cache, request, inspectionOf('weights'));
  const [entry] = await entries();
  const whole = await readFile(entry!);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
        fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
          const damaged = Buffer.from(whole);
          damaged[at]! ^= change;
          return damaged;
        }),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      async (damaged) => {
        await writeFile(entry!, damaged);
        expect(await get(cache, request)).toBeUndefined();
        expect(await entries()).toEqual([]);
      },
    ),
  );
});

test('a damaged memory of the model file only costs reading it again', async () => {
  await put(open(), defaultRequest(model), inspectionOf('weights'));
  for (const name of await readdir(folder)) {
    if (name.endsWith('.fingerprint')) await writeFile(join(folder, name), 'damaged');
  }
  expect(await open().glance(defaultRequest(model))).toBeUndefined();
  expect(await get(open(), defaultRequest(model))).toEqual(inspectionOf('weights'));
});

test('the entries that were not used for longest go first, and abandoned writes with them', async () => {
  const cache = open();
  const requests = [1, 2, 3, 4].map((budgetSeconds) => ({ ...defaultRequest(model), budgetSeconds }));
  for (const request of requests) {
    await put(cache, request, inspectionOf('weights'));
    // Age everything by an hour, so that later entries are newer by more than a clock tick.
    for (const name of await readdir(folder)) {
      const { atimeMs, mtimeMs } = await stat(join(folder, name));
      await utimes(join(folder, name), atimeMs / 1000 - 3600, mtimeMs / 1000 - 3600);
    }
  }
  await get(cache, requests[0]!);
  const abandoned = join(folder, 'x.inspection.y.new');
  await writeFile(abandoned, 'half');
  await utimes(abandoned, 0, 0);
  const size = (await stat((await entries())[0]!)).size;
  await open({ maxBytes: 2.5 * size }).prune();
  const kept = await Promise.all(requests.map((request) => get(cache, request)));
  expect(kept.map((inspection) => inspection !== undefined)).toEqual([true, false, false, true]);
  await expect(stat(abandoned)).rejects.toThrow();
});

test('many writers of one entry leave one whole entry and no scraps', async () => {
  const variants = Array.from({ length: 20 }, (_, i) => inspectionOf('weights', { seconds: i }));
  await Promise.all(variants.map((variant) => put(open(), defaultRequest(model), variant)));
  expect(variants).toContainEqual(await get(open(), defaultRequest(model)));
  expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('a glance at a big report is far cheaper than reading the model once', async () => {
  const megabytes = Buffer.alloc(50 * 2 ** 20, 7);
  await writeFile(model, megabytes);
  const layers = Array.from({ length: 200 }, (_, i) => layer(`layer${i}`, i));
  const cache = open();
  await put(cache, defaultRequest(model), inspectionOf(megabytes, { layers }));
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const start = performance.now();
    expect(await cache.glance(defaultRequest(model))).toBeDefined();
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[10]!;
  const start = performance.now();
  await fingerprint(model);
  expect(median).toBeLessThan((performance.now() - start) / 2);
});

test('the shards of an index belong to its answer', async () => {
  const shards = { a: 'model-1.safetensors', b: 'part/model-2.safetensors', c: '../out.safetensors' };
  const others = { d: 'pytorch_model-1.bin', '/e/vars': ['net_00000.weights.h5'] };
  const index = Buffer.from(JSON.stringify({ weight_map: { ...shards, ...others } }));
  await writeFile(model, Buffer.concat([Buffer.alloc(2 ** 20 - 30, ' '), index]));
  expect((await fingerprint(model)).companions).toEqual([
    'model-1.safetensors',
    'net_00000.weights.h5',
    'part/model-2.safetensors',
    'pytorch_model-1.bin',
  ]);
});

test('the fingerprint is the SHA-256 of the whole file, and finds names across the borders of the pieces it reads', async () => {
  const entry = (name: string): Buffer => {
    const length = name.length < 128 ? [name.length] : [(name.length & 127) | 128, name.length >> 7];
    return Buffer.concat([Buffer.from('\x0a\x08location\x12', 'latin1'), Buffer.from(length), Buffer.from(name)]);
  };
  const long = `${'n'.repeat(300)}.bin`;
  for (const before of [0, 2 ** 20 - 200, 2 ** 20 - 5, 2 ** 20]) {
    const bytes = Buffer.concat([
      Buffer.alloc(before),
      entry('w.data'),
      entry('../secret'),
      entry('/root'),
      entry(long),
    ]);
    await writeFile(model, bytes);
    expect(await fingerprint(model)).toEqual({ sha256: sha256(bytes), companions: [long, 'w.data'] });
  }
});
