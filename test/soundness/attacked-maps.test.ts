import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { attackedMap, mapCases } from './attacked-maps.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'attacked-maps-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

describe('Certified maps under attack', () => {
  // Hundreds of them: npm run bench -- regions.
  it('no pair of points of a cell is steeper than the cell: a sample', async () => {
    await fc.assert(
      fc.asyncProperty(mapCases, async (one) => {
        for (const { found, lower, upper, quotient } of await attackedMap(one, folder, engine, 0.3)) {
          expect(quotient, found).toBeLessThanOrEqual(upper);
          expect(lower, found).toBeLessThanOrEqual(upper);
        }
      }),
      { numRuns: 4, seed: 4, endOnFailure: true },
    );
  });
});
