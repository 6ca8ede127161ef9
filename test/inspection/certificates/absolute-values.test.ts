import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { verify } from '../../../core/inspection/verify.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { inspected, withUpper, written } from './inspected.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'absolute-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

describe('a bound by absolute values', () => {
  it.each(['l1', 'linf'] as const)(
    'in %s stands as upper end and is re-proved; a smaller one is refuted',
    async (norm) => {
      const network = networkOf({
        opset: 21,
        input: [1, 5],
        nodes: [
          { op: 'Gemm', inputs: ['x', 'w'], attributes: { transB: 1 } },
          { op: 'Gelu', inputs: ['y0'] },
          { op: 'Gemm', inputs: ['y1', 'v'], attributes: { transB: 1 } },
          { op: 'Add', inputs: ['y2', 'x'] },
        ],
        constants: { w: weights([40, 5], 1), v: weights([5, 40], 2) },
      });
      const file = await written(network, join(folder, `gelu-${norm}.onnx`));
      const inspection = await inspected(file, norm, engine, 2);
      const { upper } = inspection.lipschitz[norm]!;
      expect(upper).toMatchObject({ rigor: 'certified', method: 'centre-expansion' });
      const values = ['product', 'absolute-products', 'centre-expansion'].map(
        (own) => inspection.bounds.filter(({ method }) => method === own).at(-1)!.value,
      );
      expect(values[0]).toBeGreaterThan(values[1]!);
      expect(values[1]).toBeGreaterThan(values[2]!);
      expect((await verify(inspection, file, engine)).passed).toBe(true);
      for (const kind of ['centre-expansion', 'absolute-products'])
        for (const factor of [0.999, 1 - 1e-6]) {
          const forged = withUpper(inspection, (own) => ({
            ...own,
            value: own.value! * factor,
            certificate: { kind },
          }));
          expect((await verify(forged, file, engine)).passed, `${kind} ${factor}`).toBe(false);
        }
    },
  );
});
