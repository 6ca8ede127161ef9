import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultRequest } from '../../core/inspection/request.ts';
import { FinishedInspections } from '../../extension/finished-inspections.ts';
import { inspectionOf } from './inspections.ts';
import { dense } from './layers.ts';

let folder: string;
let model: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finished-'));
  model = join(folder, 'net.onnx');
  await writeFile(model, 'some bytes');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inspection = inspectionOf([dense(2, 3)]);
const open = (version = '0.1.0'): FinishedInspections => new FinishedInspections(join(folder, 'kept'), version);

describe('finished inspections', () => {
  test('are there again in the next window, for the same question about the same bytes', async () => {
    await open().remember(defaultRequest(model), inspection);
    const next = open();
    expect(await next.current(defaultRequest(model))).toEqual(inspection);
    expect(await next.current({ ...defaultRequest(model), norm: 'l1' })).toBeUndefined();
    expect((await next.all()).map(({ file }) => file)).toEqual([model]);
  });

  test('are not current after the file changed, but hovers may still speak of them', async () => {
    await open().remember(defaultRequest(model), inspection);
    await utimes(model, new Date(), new Date(Date.now() + 5000));
    const next = open();
    expect(await next.current(defaultRequest(model))).toBeUndefined();
    expect(await next.all()).toHaveLength(1);
  });

  test('of deleted models, of other versions and cut short by a crash are cleared away', async () => {
    await open().remember(defaultRequest(model), inspection);
    await writeFile(join(folder, 'kept', 'torn.json'), '{"file": "');
    expect(await open('0.2.0').all()).toEqual([]);
    expect(await readdir(join(folder, 'kept'))).toEqual([]);
    await open().remember(defaultRequest(model), inspection);
    await rm(model);
    expect(await open().all()).toEqual([]);
  });

  test('before anything was inspected there is nothing, not even the folder', async () => {
    expect(await open().all()).toEqual([]);
    expect(await open().current(defaultRequest(model))).toBeUndefined();
  });
});
