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
] as const)(
  '%s: no sampled Jacobian is above its cell, and the ends are close',
  async (name, gap, bend) => {
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
  },
  60_000,
);
