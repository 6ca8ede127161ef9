import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { drawMap } from '../../core/inspection/map.ts';
import { defaultMapRequest, type MapRequest } from '../../core/inspection/map-request.ts';
import { mapJson } from '../../core/report/map-json.ts';
import { ringMap } from './fixtures/ring-map.ts';

const root = join(import.meta.dirname, '../..');
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(root, 'docs/map.schema.json'), 'utf8')) as object,
);
const complaints = (value: unknown): unknown => (validate(value) ? [] : validate.errors);

async function drawn(more: Partial<MapRequest>): Promise<Record<string, unknown>> {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const file = join(root, 'samples/two_moons/shallow.onnx');
  const request = { ...defaultMapRequest(file, more.method ?? 'jacobian'), grid: { rows: 2, columns: 3 }, ...more };
  let json = '';
  for await (const event of drawMap(request, engine, new AbortController().signal))
    if (event.kind === 'finished') json = mapJson(event.map);
  await engine.dispose();
  return JSON.parse(json) as Record<string, unknown>;
}

test('the schema of maps accepts what is written, with data, pins and another plane as well', async () => {
  expect(complaints(JSON.parse(mapJson(ringMap(3, 4))))).toEqual([]);
  const [data, labels] = ['points', 'labels'].map((name) => join(root, `samples/two_moons/${name}.npy`));
  const full = await drawn({ data: { data: data!, labels: labels! }, pins: [[0.5, 0.25]] });
  expect(complaints(full)).toEqual([]);
  const { points, labels: classes } = full['data'] as { points: [number, number][]; labels: number[] };
  expect(points.length).toBe(classes.length);
  expect(new Set(classes)).toEqual(new Set([0, 1]));
  expect(
    complaints(await drawn({ method: 'pairs', plane: { kind: 'random' }, constant: 'slice', samples: 5 })),
  ).toEqual([]);
  expect(complaints({ ...full, later: 1 })).toEqual([]);
});

test.each([
  ['another format', { format: 'other' }],
  ['no lower ends', { lower: undefined }],
  ['a negative end', { lower: [[-1]] }],
  ['an unknown method', { method: 'guess' }],
])('the schema of maps refuses %s', (_, change) => {
  const whole = JSON.parse(mapJson(ringMap(3, 4))) as Record<string, unknown>;
  // Through text, where what is undefined is not there.
  expect(complaints(JSON.parse(JSON.stringify({ ...whole, ...change })))).not.toEqual([]);
});
