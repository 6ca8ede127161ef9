import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { drawMap } from '../../core/inspection/map.ts';
import { defaultMapRequest, type MapRequest } from '../../core/inspection/map-request.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import { advanceMap, type MapEvent } from '../../core/report/map-progress.ts';
import { evaluate } from '../soundness/plain-evaluator.ts';

const samples = join(import.meta.dirname, '../../samples');
const critic = join(samples, 'two_moons/spectral_norm_k1.onnx');

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function draw(
  request: MapRequest,
): Promise<{ readonly map: LipschitzMap; readonly events: readonly MapEvent[] }> {
  const events: MapEvent[] = [];
  for await (const event of drawMap(request, engine, new AbortController().signal)) events.push(event);
  const last = events.at(-1)!;
  if (last.kind !== 'finished') throw new Error('The map did not end.');
  return { map: last.map, events };
}

const small = (file: string, method: MapRequest['method'], more: Partial<MapRequest> = {}): MapRequest => ({
  ...defaultMapRequest(file, method),
  grid: { rows: 4, columns: 6 },
  ...more,
});

test('events build the same map as the last one holds, coarse picture first', async () => {
  const { map, events } = await draw(small(critic, 'jacobian', { samples: 20 }));
  expect(events.map(({ kind }) => kind).slice(0, 2)).toEqual(['opened', 'corners']);
  const stages = events.flatMap((event) => (event.kind === 'tile' ? [event.tile.stage] : []));
  expect(stages[0]).toBe('coarse');
  let built: LipschitzMap | undefined;
  for (const event of events) if (event.kind !== 'finished') built = advanceMap(built, event);
  expect(built!.cells).toEqual(map.cells);
  expect(built!.corners).toEqual(map.corners);
  expect([built!.done, map.done]).toEqual([24, 24]);
});

test.each(['pairs', 'jacobian'] as const)(
  '%s: a 1-Lipschitz critic is nowhere steeper than 1, and somewhere almost',
  async (method) => {
    const { map } = await draw(small(critic, method, { samples: 100 }));
    expect(Math.max(...map.cells.lower)).toBeLessThanOrEqual(1 + 1e-7);
    expect(Math.max(...map.cells.lower)).toBeGreaterThan(0.9);
    expect(map.cells.upper.every((value) => value === Infinity)).toBe(true);
    expect(map.rigor.upper).toBe(null);
  },
);

test('row 0 is the lower end of the second axis, column 0 of the first', async () => {
  const { map } = await draw(small(critic, 'jacobian', { range: [[0, 6], [10, 18]], samples: 5 })); // prettier-ignore
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 6; column++) {
      const [u, v] = map.cells.at.subarray(2 * (6 * row + column), 2 * (6 * row + column) + 2);
      expect(Math.floor(u!)).toBe(column);
      expect(Math.floor((v! - 10) / 2)).toBe(row);
    }
});

test('corners hold what the network gives there', async () => {
  const { map } = await draw(small(critic, 'jacobian', { samples: 1 }));
  using model = await openModel(defaultMapRequest(critic), engine);
  const [value] = evaluate(model.prepared.runnable, [-3 + (6 * 2) / 6, -3 + (6 * 3) / 4]);
  expect(map.corners!.values[3 * 7 + 2]).toBeCloseTo(value!, 5);
  expect(map.corners!.decision[3 * 7 + 2]).toBe(Number(value! > 0));
});

test('the slice is nowhere steeper than the full input, in any plane and norm', async () => {
  const file = join(samples, 'digits/residual_cnn.onnx');
  const data = join(samples, 'digits/images.npy');
  for (const norm of ['l1', 'linf'] as const) {
    const request = small(file, 'jacobian', { norm, plane: { kind: 'principal', data }, samples: 1, grid: { rows: 1, columns: 2 } }); // prettier-ignore
    const [full, slice] = [await draw(request), await draw({ ...request, constant: 'slice' })];
    expect(full.map.plane.names[0]).toBe('first principal direction');
    full.map.cells.lower.forEach((value, k) =>
      expect(slice.map.cells.lower[k]!).toBeLessThanOrEqual(value * (1 + 1e-6)),
    );
  }
});

test('a budget that is over says how far it came', async () => {
  const { map } = await draw(small(critic, 'pairs', { budgetSeconds: 0 }));
  expect(map.done).toBe(0);
  expect(map.notes.join()).toMatch(/budget of 0 s was over after 0 of 24 cells/);
  // The first look at a network made of straight pieces is proved already.
  expect(map.rigor.lower).toBe('certified');
});

test.each([
  ['an axis that is not there', { plane: { kind: 'coordinates', axes: [0, 2] } }, /no input coordinate 2/],
  ['the same axis twice', { plane: { kind: 'coordinates', axes: [1, 1] } }, /spans no plane/],
  ['points on one line', { plane: { kind: 'points', points: ['0,0', '1,1', '2,2'] } }, /on one line/],
  ['an empty range', { range: [[1, 1], [0, 1]] }, /is empty/], // prettier-ignore
  ['an empty grid', { grid: { rows: 0, columns: 4 } }, /cannot be drawn/],
] as const)('%s is a sentence', async (_, more, sentence) => {
  await expect(draw(small(critic, 'jacobian', more as Partial<MapRequest>))).rejects.toThrow(sentence);
});
