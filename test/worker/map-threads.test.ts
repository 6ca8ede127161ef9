import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { Cancelled } from '../../core/compute/work.ts';
import { drawMap } from '../../core/inspection/map.ts';
import { createCellMemory } from '../../core/inspection/map-memory.ts';
import { defaultMapRequest, type MapRequest } from '../../core/inspection/map-request.ts';
import { emptyCells, type MapEvent } from '../../core/report/map-progress.ts';
import { hireForMap } from '../../core/worker/map-threads.ts';
import { bundleThread, type ThreadBundle } from './thread-bundle.ts';

const repository = join(import.meta.dirname, '../..');
const file = join(repository, 'samples/two_moons/mlp.onnx');
let bundle: ThreadBundle;
beforeAll(async () => {
  bundle = await bundleThread('map-thread');
});
afterAll(() => bundle.remove());

const request: MapRequest = { ...defaultMapRequest(file, 'certified'), threads: 2, grid: { rows: 4, columns: 4 } };
const block = { row: 1, column: 1, rows: 2, columns: 2 };
const task = { stage: 'fill', block, cells: emptyCells(4), seconds: 30 } as const;

test('a thread gives the cells that this one gives, and ends when it is sent home', async () => {
  const hands = await Promise.all(hireForMap(request, new AbortController().signal, bundle.script));
  expect(hands.length).toBe(2);
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const events: MapEvent[] = [];
  for await (const event of drawMap(request, engine, new AbortController().signal)) events.push(event);
  await engine.dispose();
  const last = events.at(-1)!;
  if (last.kind !== 'finished') throw new Error('The map did not end.');
  const cells = await hands[1]!.work(task);
  expect([...cells.upper]).toEqual([5, 6, 9, 10].map((k) => last.map.cells.upper[k]));
  expect([...cells.lower]).toEqual([5, 6, 9, 10].map((k) => last.map.cells.lower[k]));
  for (const hand of hands) await hand[Symbol.asyncDispose]();
  await expect(hands[0]!.work(task)).rejects.toThrow('ended');
});

test('a cancel ends threads in the middle of their work', async () => {
  const cancel = new AbortController();
  const [hand] = await Promise.all(hireForMap(request, cancel.signal, bundle.script));
  const long = hand!.work({ ...task, block: { row: 0, column: 0, rows: 4, columns: 4 }, cells: emptyCells(16) });
  cancel.abort();
  await expect(long).rejects.toThrow(Cancelled);
});

test('a model that is not there is a failure, not a wait', async () => {
  const gone = hireForMap(
    { ...request, file: join(bundle.folder, 'none.onnx') },
    new AbortController().signal,
    bundle.script,
  );
  expect((await Promise.allSettled(gone)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('nobody is hired where there is no script, one core, or a GPU to do the work', () => {
  const { signal } = new AbortController();
  expect(hireForMap(request, signal, join(bundle.folder, 'none.mjs'))).toEqual([]);
  expect(hireForMap({ ...request, threads: 1 }, signal, bundle.script)).toEqual([]);
  expect(hireForMap({ ...request, provider: 'webgpu' }, signal, bundle.script)).toEqual([]);
});

test('a second look at cells comes from the memory: all of them at once, those of a moved view, in another process', async () => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const shelf = new Map<string, string>();
  const onDisk = {
    read: (key: string) => Promise.resolve(shelf.get(key)),
    write: (key: string, text: string) => Promise.resolve(void shelf.set(key, text)),
  };
  const grid = { rows: 10, columns: 10 };
  const look = async (left: number, memory = createCellMemory(onDisk)) => {
    const tiles: MapEvent[] = [];
    const range = [[left, left + 2], [0, 2]] as const; // prettier-ignore
    for await (const event of drawMap({ ...request, grid, range }, engine, new AbortController().signal, { memory }))
      tiles.push(event);
    const last = tiles.at(-1)!;
    if (last.kind !== 'finished') throw new Error('The map did not end.');
    return { map: last.map, coarse: tiles.some((event) => event.kind === 'tile' && event.tile.stage === 'coarse') };
  };
  const first = await look(0);
  expect(first.coarse).toBe(true);
  const again = await look(0);
  expect(again.coarse).toBe(false);
  expect(again.map.cells).toEqual(first.map.cells);
  expect(again.map.done).toBe(100);
  // By five columns of 0.2.
  const moved = await look(1);
  expect(moved.map.done).toBe(100);
  for (let row = 0; row < 10; row++)
    for (let column = 0; column < 5; column++)
      expect(moved.map.cells.upper[row * 10 + column]! / first.map.cells.upper[row * 10 + column + 5]!).toBeCloseTo(
        1,
        9,
      );
  expect(shelf.size).toBe(1);
  // Another question has another shelf.
  const events: MapEvent[] = [];
  for await (const event of drawMap({ ...request, norm: 'l1' }, engine, new AbortController().signal, {
    memory: createCellMemory(onDisk),
  }))
    events.push(event);
  expect(shelf.size).toBe(2);
  await engine.dispose();
});
