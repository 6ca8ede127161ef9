import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { norms } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { holdsOn, regions } from '../soundness/inspected-networks.ts';
import { recipes } from '../soundness/recipes.ts';
import { printTable } from './figures.ts';

/** How many, and which: NETWORKS=5000 SEED=3 npm run bench -- random-networks. */
const runs = Number(process.env['NETWORKS'] ?? 500);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'random-networks-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

test('inspections of random networks hold on regions of all kinds', { timeout: 24 * 3_600_000 }, async () => {
  const finite = new Map<string, [bounded: number, all: number]>(regions.map((region) => [region, [0, 0]]));
  const cases = fc.record({ recipe: recipes, norm: fc.constantFrom(...norms), region: fc.constantFrom(...regions) });
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const upper = await holdsOn(one, folder, engine, 0.5);
      const counts = finite.get(one.region)!;
      counts[1]++;
      if (Number.isFinite(upper)) counts[0]++;
    }),
    { numRuns: runs, seed, endOnFailure: true },
  );
  printTable(
    `${runs} random networks, seed ${seed}: no quotient, Jacobian or witness against an end`,
    ['region', 'networks', 'with a finite upper end'],
    [...finite].map(([region, [bounded, all]]) => [region, String(all), String(bounded)]),
  );
});
