import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { attackedMap, mapCases } from '../soundness/attacked-maps.ts';
import { attackedRadius, radiusCases } from '../soundness/attacked-radii.ts';
import { attacked, regionCases } from '../soundness/attacked-regions.ts';
import { printTable } from './figures.ts';

/** How many, and which: NETWORKS=5000 SEED=3 npm run bench -- regions. */
const runs = Number(process.env['NETWORKS'] ?? 300);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

test(
  'every method on random networks and regions, against the steepest pairs',
  { timeout: 24 * 3_600_000 },
  async () => {
    const ratios = new Map<string, number[]>();
    const broken: string[] = [];
    for (const one of fc.sample(regionCases, { numRuns: runs, seed })) {
      const { proved, quotient } = await attacked(one, engine, 0.4);
      for (const [method, value] of proved) {
        if (quotient > value) broken.push(`${method} says ${value}, a pair has ${quotient}: ${JSON.stringify(one)}`);
        if (quotient > 0) ratios.set(method, [...(ratios.get(method) ?? []), value / quotient]);
      }
    }
    printRatios('upper end / steepest pair found', ratios);
    expect(broken).toEqual([]);
  },
);

test(
  'cells of certified maps of random networks, against the steepest pairs in them',
  { timeout: 24 * 3_600_000 },
  async () => {
    const ratios = new Map<string, number[]>();
    const broken: string[] = [];
    const folder = await mkdtemp(join(tmpdir(), 'attacked-maps-'));
    for (const one of fc.sample(mapCases, { numRuns: Math.ceil(runs / 2), seed }))
      for (const { found, lower, upper, quotient } of await attackedMap(one, folder, engine, 1)) {
        if (Math.max(lower, quotient) > upper) broken.push(`${found} says ${upper}, not ${lower} and ${quotient}: ${JSON.stringify(one)}`); // prettier-ignore
        if (quotient > 0) ratios.set(found, [...(ratios.get(found) ?? []), upper / quotient]);
      }
    await rm(folder, { recursive: true });
    printRatios('cell / steepest pair found in it', ratios);
    expect(broken).toEqual([]);
  },
);

test(
  'certified radii of random networks, against the nearest point on the other side',
  { timeout: 24 * 3_600_000 },
  async () => {
    const broken: string[] = [];
    let [asked, positive] = [0, 0];
    for (const one of fc.sample(radiusCases, { numRuns: runs, seed })) {
      const found = await attackedRadius(one, engine);
      if (found === undefined) continue;
      asked++;
      positive += Number(found.local > 0);
      if (found.nearest < found.local || found.global > found.local) broken.push(`${JSON.stringify(found)}: ${JSON.stringify(one)}`); // prettier-ignore
    }
    process.stdout.write(`\nSeed ${seed}: ${asked} radii, ${positive} of them positive, ${broken.length} wrong\n`);
    expect(broken).toEqual([]);
  },
);

function printRatios(what: string, ratios: ReadonlyMap<string, readonly number[]>): void {
  const at = (sorted: readonly number[], share: number): string =>
    sorted[Math.floor(share * (sorted.length - 1))]!.toPrecision(5);
  printTable(
    `Random networks, seed ${seed}, load ${loadavg()[0]!.toFixed(1)}: ${what}`,
    ['method', 'cases', 'least', 'median', '9 of 10'],
    [...ratios].map(([method, own]) => {
      const sorted = own.toSorted((a, b) => a - b);
      return [method, String(own.length), at(sorted, 0), at(sorted, 0.5), at(sorted, 0.9)];
    }),
  );
}
