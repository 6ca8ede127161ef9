import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { drawMap } from '../../core/inspection/map.ts';
import { createCellMemory, type CellMemory } from '../../core/inspection/map-memory.ts';
import { defaultMapRequest, type MapRequest } from '../../core/inspection/map-request.ts';
import type { LipschitzMap } from '../../core/report/map.ts';

const sample = join(import.meta.dirname, '../../samples/two_moons/shallow.onnx');

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function draw(memory: CellMemory, asked: Partial<MapRequest>): Promise<LipschitzMap> {
  const request = { ...defaultMapRequest(sample, 'certified'), threads: 1, grid: { rows: 4, columns: 4 }, ...asked };
  for await (const event of drawMap(request, engine, new AbortController().signal, { memory }))
    if (event.kind === 'finished') return event.map;
  throw new Error('The map did not end.');
}

const around = (half: number): NonNullable<MapRequest['range']> => [
  [-half, half],
  [-half, half],
];

test('cells of a view that was zoomed around its centre are not taken for those of the wider view', async () => {
  const memory = createCellMemory(undefined);
  for (const half of [4, 2, 1, 4]) {
    const remembered = await draw(memory, { range: around(half) });
    const anew = await draw(createCellMemory(undefined), { range: around(half) });
    expect(remembered.cells.lower).toEqual(anew.cells.lower);
    expect(remembered.cells.upper).toEqual(anew.cells.upper);
  }
});

test('what changes the answer is another question: norm, constant, method, seed, samples, output and plane', async () => {
  const memory = createCellMemory(undefined);
  const base: Partial<MapRequest> = { method: 'pairs', samples: 20, range: around(2) };
  await draw(memory, base);
  const others: readonly Partial<MapRequest>[] = [
    { norm: 'linf' },
    { constant: 'slice' },
    { method: 'jacobian' },
    { seed: 3 },
    { samples: 40 },
    { plane: { kind: 'random' } },
    { at: '0.25,0' },
  ];
  for (const other of others) {
    const remembered = await draw(memory, { ...base, ...other });
    const anew = await draw(createCellMemory(undefined), { ...base, ...other });
    expect(remembered.cells.lower, JSON.stringify(other)).toEqual(anew.cells.lower);
  }
});
