import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { norms } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { holdsOn, regions } from './inspected-networks.ts';
import { recipes } from './recipes.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'inspected-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

describe('Inspections of random networks', () => {
  // Thousands of them: npm run bench -- random-networks.
  it('hold on regions of all kinds: a sample', async () => {
    const cases = fc.record({ recipe: recipes, norm: fc.constantFrom(...norms), region: fc.constantFrom(...regions) });
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        await holdsOn(one, folder, engine, 0.2);
      }),
      { numRuns: 20, seed: 11, endOnFailure: true },
    );
  });
});
