import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { smoothingAnswer } from '../../core/estimators/smoothing/answer.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import { smooth } from '../../core/inspection/smooth.ts';
import { defaultSmoothingRequest } from '../../core/inspection/smooth-request.ts';
import { smoothingVariants } from '../../core/operators/smoothings/smoothing.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import { chainProblem } from '../estimators/smoothing/chain-problem.ts';
import { kinkedNetwork, kinkedRecipes } from '../soundness/kinked-recipes.ts';
import { smoothedRegions, smoothingHolds, type Tightness } from '../soundness/smoothed-networks.ts';
import { median, printTable } from './figures.ts';

/** How many, which, and how closely: NETWORKS=5000 SEED=3 SAMPLES=10000 npm run bench -- smoothing. With FOUND=file.jsonl a run that was ended goes on where it was. */
const networks = Number(process.env['NETWORKS'] ?? 1000);
const foundFile = process.env['FOUND'];
const seed = Number(process.env['SEED'] ?? 1);
const epsilons = [1e-3, 0.1, 0.5] as const;
const effort = { samples: Number(process.env['SAMPLES'] ?? 100_000), lines: 8, partSeconds: 0.1 };

const mlps = resolve(import.meta.dirname, '../../../shared/cases/mlp');
const samples = resolve(import.meta.dirname, '../../samples');

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const processorSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const digits = (value: number): string => Number(value.toPrecision(3)).toString();
const load = (): string => `load ${loadavg()[0]!.toFixed(1)}`;

/** How far the promises lie above what was found, as medians. */
function tightness(found: readonly Tightness[]): string[][] {
  return epsilons.map((epsilon) => {
    const own = found.filter((one) => one.epsilon === epsilon);
    const moved = own.filter(({ deviation }) => deviation > 0).map(({ deviation }) => epsilon / deviation);
    const turned = own.flatMap(({ smoothness, quotient }) =>
      smoothness !== null && quotient > 0 ? [smoothness / quotient] : [],
    );
    const shown = (values: readonly number[]): string =>
      values.length === 0 ? '–' : `${digits(median(values))} (${values.length} networks)`;
    return [String(epsilon), String(own.length), shown(moved), shown(turned)];
  });
}
const heads = ['epsilon', 'networks', 'epsilon / largest deviation found', 'L / largest gradient quotient found'];

test.skipIf(!existsSync(mlps))('the networks of cases/mlp', { timeout: 3_600_000 }, async () => {
  const found: Tightness[] = [];
  const rows: string[][] = [];
  for (const file of readdirSync(mlps).filter((name) => name.endsWith('.onnx'))) {
    using model = await openModel(defaultRequest(join(mlps, file)), engine);
    for (const epsilon of epsilons) {
      const asked = { network: model.network, epsilon, region: 'all', variant: 'one-sided', seed } as const;
      const one = await smoothingHolds(asked, effort, engine);
      found.push(one);
      rows.push([file, String(epsilon), digits(one.deviation), digits(one.smoothness ?? Number.NaN), digits(one.quotient)]); // prettier-ignore
    }
  }
  printTable(`cases/mlp, ${effort.samples} points each, ${load()}`, ['network', 'epsilon', 'largest deviation found', 'L', 'largest quotient found'], rows); // prettier-ignore
  printTable('medians', heads, tightness(found));
});

test('random networks', { timeout: 24 * 3_600_000 }, async () => {
  const found = readFound();
  const start = processorSeconds();
  const before = found.length;
  const cases = fc.record({
    recipe: kinkedRecipes,
    region: fc.constantFrom(...smoothedRegions),
    variant: fc.constantFrom(...smoothingVariants),
  });
  const own = fc.sample(cases, { numRuns: networks, seed });
  const print = (): void => {
    const title = `${Math.min(networks, found.length)} random networks, seed ${seed}, ${effort.samples} points each, ${found.length - before} of ${found.length} cases in ${Math.round(processorSeconds() - start)} processor seconds, ${load()}`;
    printTable(title, heads, tightness(found));
  };
  // Every network at one of the accuracies, then every one at the next: what is done of it is about all of them.
  for (let k = before; k < networks * epsilons.length; k++) {
    const { recipe, ...asked } = own[k % networks]!;
    const epsilon = epsilons[(k + Math.floor(k / networks)) % epsilons.length]!;
    try {
      const network = kinkedNetwork(recipe);
      found.push(await smoothingHolds({ network, seed: recipe.seed, epsilon, ...asked }, effort, engine));
    } catch (error) {
      throw new Error(`Case ${k}, epsilon ${epsilon}: ${JSON.stringify({ recipe, ...asked })}`, { cause: error });
    }
    if (foundFile !== undefined) appendFileSync(foundFile, `${JSON.stringify(found.at(-1))}\n`);
    if ((k + 1) % 100 === 0) print();
  }
  print();
});

function readFound(): Tightness[] {
  if (foundFile === undefined || !existsSync(foundFile)) return [];
  const lines = readFileSync(foundFile, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Tightness);
}

test('the optimal rule beside the paper with Frobenius radii, on the samples', { timeout: 3_600_000 }, async () => {
  const rows: string[][] = [];
  for (const name of ['two_moons', 'digits'].flatMap((folder) =>
    readdirSync(join(samples, folder))
      .filter((file) => file.endsWith('.onnx'))
      .map((file) => `${folder}/${file}`),
  )) {
    const report = await smoothed(join(samples, name));
    if (report === undefined) continue;
    const at = (rule: 'optimal' | 'paper-algorithm2' | 'paper-halving'): number =>
      smoothingAnswer(report.problem, { epsilon: report.epsilon, rule }).output.smoothness ?? Number.NaN;
    const [own, paper, halving] = [at('optimal'), at('paper-algorithm2'), at('paper-halving')];
    rows.push([name, digits(own), digits(paper), digits(halving), digits(paper / own)]);
  }
  printTable(`epsilon 0.1, everywhere, ${load()}`, ['sample', 'L, optimal', 'L, Algorithms 1 and 2', 'L, halving', 'Algorithms 1 and 2 / optimal'], rows); // prettier-ignore
});

async function smoothed(file: string): Promise<SmoothingReport | undefined> {
  const request = { ...defaultSmoothingRequest(file, 0.1), budgetSeconds: 10, samples: 100 };
  try {
    for await (const event of smooth(request, engine, new AbortController().signal))
      if (event.kind === 'finished') return event.report;
  } catch (error) {
    process.stdout.write(`${file}: ${String(error)}\n`);
  }
  return undefined;
}

test('a new accuracy for 50 layers', () => {
  const layers = 50;
  const norms = Array.from({ length: layers + 1 }, (_, t) => 1 + (t % 3) / 10);
  const problem = chainProblem(norms, new Array<number>(layers).fill(100));
  // Processor time: what others do on the machine is not waited for.
  const once = (k: number): number => {
    const start = processorSeconds();
    smoothingAnswer(problem, { epsilon: k / 100, rule: 'optimal' });
    return 1000 * (processorSeconds() - start);
  };
  const [first, ...others] = Array.from({ length: 101 }, (_, k) => once(k + 1));
  const worst = Math.max(...others);
  printTable(`closed form, 50 layers, processor time, ${load()}`, ['first', 'median of 100', 'worst'], [[first!, median(others), worst].map((ms) => `${ms.toFixed(2)} ms`)]); // prettier-ignore
  expect(median(others)).toBeLessThan(100);
});
