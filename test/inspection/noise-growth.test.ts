import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { noiseGrowth } from '../../core/inspection/noise-growth.ts';
import { defaultRequest, type InspectionRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { networkOf } from '../operators/small-networks.ts';

const never = new AbortController().signal;
let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'growth-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

async function inspected(request: InspectionRequest): Promise<Inspection> {
  for await (const event of inspect(request, engine, never)) if (event.kind === 'finished') return event.inspection;
  throw new Error('The inspection did not finish.');
}

describe('Changes that are tried', () => {
  test('grow by exactly the norm where all directions are stretched alike', async () => {
    const network = networkOf({
      input: [1, 3],
      constants: { w: { shape: [3, 3], values: [0, 0, 2.5, 2.5, 0, 0, 0, -2.5, 0] } },
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'] }],
    });
    const file = join(folder, 'rotation.onnx');
    await writeFile(file, writeOnnx(network));
    const { layers, points } = await noiseGrowth({ ...defaultRequest(file), noise: 0.2, seed: 1 }, engine, never);
    expect(points).toBe(8);
    expect(layers).toHaveLength(1);
    expect(layers[0]!.mean).toBeCloseTo(0.5, 5);
    expect(layers[0]!.largest).toBeCloseTo(0.5, 5);
    expect(layers[0]!.witness).toBeNull();
  });

  test.each([
    ['spectral_norm_k1', 'all', 'l2'],
    ['spectral_norm_k1', 'ball:linf:zeros:0.5', 'linf'],
    ['shallow', 'box:-1,1', 'l1'],
  ] as const)('never pass the bound of any layer: %s on %s in %s', async (name, region, norm) => {
    const file = resolve('samples/two_moons', `${name}.onnx`);
    const request = { ...defaultRequest(file), region, norm, budgetSeconds: 1 };
    const inspection = await inspected(request);
    const { witness } = inspection.lipschitz[norm]!.lower;
    const noise = 0.3;
    const asked = { ...request, noise, seed: 3, ...(witness === undefined ? {} : { witness }) };
    const growth = await noiseGrowth(asked, engine, never);
    expect(growth.layers.map(({ id }) => id)).toEqual(inspection.layers.map(({ id }) => id));
    for (const { id, mean, largest, witness: along } of growth.layers) {
      const { reach } = inspection.layers.find((layer) => layer.id === id)!;
      // The samples are taken in float32.
      if (reach !== undefined) expect(largest).toBeLessThanOrEqual(noise * reach * (1 + 1e-4));
      expect(mean).toBeGreaterThan(0);
      expect(mean).toBeLessThanOrEqual(largest);
      if (along !== null) expect(along).toBeLessThanOrEqual(largest);
    }
    // Nothing that was tried can pass the constant of the whole.
    const upper = inspection.lipschitz[norm]!.upper.value!;
    expect(growth.layers.at(-1)!.largest).toBeLessThanOrEqual(noise * upper * (1 + 1e-4));
  });

  test('have a size: a change of none is refused with a sentence', async () => {
    const file = resolve('samples/two_moons/shallow.onnx');
    await expect(noiseGrowth({ ...defaultRequest(file), noise: 0, seed: 0 }, engine, never)).rejects.toThrow(
      'ask for a positive size',
    );
  });
});
