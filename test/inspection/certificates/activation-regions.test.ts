import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { verify } from '../../../core/inspection/verify.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { inspected, withUpper, written } from './inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'regions-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

/** x + W2 relu(W1 x) with a MaxMin behind it. */
async function residualFile(inputs: number): Promise<string> {
  const network = networkOf({
    input: [1, inputs],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1 } },
      { op: 'Relu', inputs: ['y0'] },
      { op: 'Gemm', inputs: ['y1', 'v'], attributes: { transB: 1 } },
      { op: 'Add', inputs: ['y2', 'x'] },
      { op: 'Gemm', inputs: ['y3', 'u'], attributes: { transB: 1 } },
      { op: 'Max', inputs: ['y3', 'y4'] },
    ],
    constants: {
      w: weights([6, inputs], 1),
      b: weights([6], 2),
      v: weights([inputs, 6], 3),
      u: weights([inputs, inputs], 4),
    },
  });
  return written(network, join(folder, `residual-${inputs}.onnx`));
}

describe('a small piecewise-linear network', () => {
  it.each([2, 3])(
    'of %i inputs is closed in every norm; its verifier accepts that and nothing better',
    async (inputs) => {
      const file = await residualFile(inputs);
      for (const norm of norms) {
        const inspection = await inspected(file, norm, engine, 20);
        const { lower, upper } = inspection.lipschitz[norm]!;
        expect(inspection.notes).toEqual([]);
        expect(upper.value! / lower.value).toBeLessThan(1 + 1e-6);
        expect(upper).toMatchObject({ rigor: 'certified', method: 'activation-regions' });
        expect((await verify(inspection, file, engine)).passed).toBe(true);
        const forgeries = [
          withUpper(inspection, (own) => ({ ...own, value: own.value! * 0.999 })),
          withUpper(inspection, (own) => ({ ...own, value: own.value! * 0.999, rigor: 'numerical' })),
          withUpper(inspection, (own) => ({ ...own, certificate: { kind: 'activation-regions' } })),
          withUpper(inspection, (own) => ({ ...own, certificate: { kind: 'good-will' } })),
          withUpper(inspection, (own) => ({ ...own, certificate: { kind: 'product', layers: {} } })),
        ];
        for (const forged of forgeries) expect((await verify(forged, file, engine)).passed).toBe(false);
      }
    },
  );
});
