import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { drawMap } from '../../../core/inspection/map.ts';
import { defaultMapRequest, type MapRequest } from '../../../core/inspection/map-request.ts';
import { mapFindings, type LipschitzMap } from '../../../core/report/map.ts';
import { networkOf, weights, type NodeSketch } from '../../operators/small-networks.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'linear-models-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

async function draw(request: MapRequest): Promise<LipschitzMap> {
  for await (const event of drawMap(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return event.map;
  throw new Error('The map did not end.');
}

/** Two hidden layers; each bent by the nodes that `bend` makes of a tensor's name. */
async function saved(
  inputs: number,
  name: string,
  bend: (from: string, to: string) => readonly NodeSketch[],
): Promise<string> {
  const width = 6;
  const file = join(folder, `${name}-${inputs}.onnx`);
  const network = networkOf({
    input: [1, inputs],
    constants: { w0: weights([inputs, width], 3), w1: weights([width, width], 4), w2: weights([width, 2], 5) },
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w0'], outputs: ['z0'] },
      ...bend('z0', 'y0'),
      { op: 'MatMul', inputs: ['y0', 'w1'], outputs: ['z1'] },
      ...bend('z1', 'b1'),
      // A branch around the second layer.
      { op: 'Add', inputs: ['b1', 'y0'], outputs: ['y1'] },
      { op: 'MatMul', inputs: ['y1', 'w2'], outputs: ['y'] },
    ],
  });
  await writeFile(file, writeOnnx(network));
  return file;
}

const plain =
  (op: string, attributes: NodeSketch['attributes'] = {}) =>
  (from: string, to: string): readonly NodeSketch[] => [{ op, inputs: [from], outputs: [to], attributes }];

test.each([
  ['Gelu', 1.06, plain('Gelu')],
  ['Gelu of tanh', 1.06, plain('Gelu', { approximate: 'tanh' })],
  ['Softplus', 1.06, plain('Softplus')],
  ['Elu, whose slope has a kink', 1.2, plain('Elu')],
  [
    'a gate: x times its sigmoid, less half a rectified x',
    4,
    (from: string, to: string): readonly NodeSketch[] => [
      { op: 'Sigmoid', inputs: [from], outputs: [`${to}s`] },
      { op: 'Mul', inputs: [from, `${to}s`], outputs: [`${to}m`] },
      { op: 'LeakyRelu', inputs: [from], outputs: [`${to}r`], attributes: { alpha: { float: 0.5 } } },
      { op: 'Sub', inputs: [`${to}m`, `${to}r`], outputs: [to] },
    ],
  ],
] as const)('%s: no sampled Jacobian is above its cell, and the ends are close', async (name, gap, bend) => {
  const places = [
    { inputs: 2, more: { norm: 'l2', range: [[-1.5, 1], [-1, 1.5]] } }, // prettier-ignore
    { inputs: 3, more: { norm: 'linf', constant: 'slice', plane: { kind: 'random' }, seed: 3, range: [[-1, 1], [-1, 1]] } }, // prettier-ignore
    { inputs: 3, more: { norm: 'l1', plane: { kind: 'random' }, seed: 3, range: [[-1, 1], [-1, 1]] } }, // prettier-ignore
  ] as const;
  for (const { inputs, more } of places) {
    const file = await saved(inputs, name.split(/\W/)[0]!, bend);
    const question = {
      ...defaultMapRequest(file, 'certified'),
      ...more,
      grid: { rows: 3, columns: 3 },
      budgetSeconds: 30,
    };
    const { cells, rigor } = await draw(question);
    const sampled = await draw({ ...question, method: 'jacobian', samples: 300 });
    expect(rigor.upper).toBe('certified');
    cells.upper.forEach((above, k) => {
      expect(mapFindings[cells.upperFound[k]!]).toBe('linear models');
      expect(sampled.cells.lower[k]!).toBeLessThanOrEqual(above);
      expect(cells.lower[k]!).toBeLessThanOrEqual(above);
      expect(above).toBeLessThan(gap * Math.max(cells.lower[k]!, sampled.cells.lower[k]!));
    });
  }
});

test('a tensor that a constant is added to is still itself for those who use it as well', async () => {
  const file = join(folder, 'shifted.onnx');
  const network = networkOf({
    input: [1, 2],
    constants: { w: { shape: [2, 1], values: [1, 0.5] }, one: { shape: [1], values: [-1] } },
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['z'] },
      { op: 'Tanh', inputs: ['z'], outputs: ['t'] },
      { op: 'Add', inputs: ['t', 'one'], outputs: ['s'] },
      { op: 'Mul', inputs: ['s', 't'], outputs: ['y'] },
    ],
  });
  await writeFile(file, writeOnnx(network));
  // y' = (2 t - 1) t', far from 0 where t is 0.9.
  const question = { ...defaultMapRequest(file, 'certified'), range: [[1.45, 1.49], [-0.01, 0.01]], grid: { rows: 1, columns: 1 } } as const; // prettier-ignore
  const { cells } = await draw(question);
  const t = Math.tanh(1.47);
  const slope = (2 * t - 1) * (1 - t * t) * Math.hypot(1, 0.5);
  expect(cells.upper[0]).toBeGreaterThanOrEqual(slope);
  expect(cells.lower[0]).toBeGreaterThanOrEqual(0.9 * slope);
});
