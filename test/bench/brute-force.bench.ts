import { afterAll, beforeAll, expect, test } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { boundMethods } from '../../core/estimators/conductor/methods.ts';
import { exactConstant } from '../../core/estimators/exact/branch-and-bound.ts';
import { regionSplitting } from '../../core/estimators/region-splitting/method.ts';
import { analyse } from '../../core/inspection/layers.ts';
import type { Network } from '../../core/network/network.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import {
  activations,
  kinds,
  largestJacobian,
  slopeNetwork,
  type Activation,
} from '../estimators/multipliers/slope-networks.ts';
import {
  absolute,
  hardTanh,
  jacobianOf,
  leaky,
  randomNumbers,
  randomProgram,
  relu,
  type Recipe,
} from '../estimators/exact/random-programs.ts';
import { singularValues, workOf } from '../estimators/norms/small-maps.ts';
import { evaluate } from '../soundness/plain-evaluator.ts';
import { printTable } from './figures.ts';
import { piecePatterns, roomOf } from './feasible-patterns.ts';
import { randomChain } from './random-chain.ts';

/** NETWORKS=2000 SEED=5 npm run bench -- brute-force: ten thousand of the first kind, 300 of each of the others by default. */
const [many, some] = [Number(process.env['NETWORKS'] ?? 10_000), Number(process.env['NETWORKS'] ?? 300)];
const seed = Number(process.env['SEED'] ?? 1);

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

function normOf(norm: Norm, matrix: number[][]): number {
  const sums = (rows: number[][]): number =>
    Math.max(...rows.map((row) => row.reduce((sum, entry) => sum + Math.abs(entry), 0)));
  if (norm === 'linf') return sums(matrix);
  if (norm === 'l1') return sums(matrix[0]!.map((_, j) => matrix.map((row) => row[j]!)));
  return singularValues(matrix)[0]!;
}

const shapes = [[1, 4, 1], [1, 3, 3, 2], [2, 5, 1], [2, 3, 3, 2], [3, 4, 2], [3, 3, 3, 1], [4, 5, 3], [2, 2, 2, 2, 1], [2, 4, 3, 1]]; // prettier-ignore
const pieces = { relu, leaky, absolute, hardTanh };

/** Of the rooms of empty regions HiGHS, which works to 1e-7, says about 0; what is between these may be either. */
const room = { none: 1e-9, sure: 1e-6 };

test('the exact constant against all activation patterns', { timeout: 24 * 3_600_000 }, async () => {
  const tally = new Map<string, [networks: number, closed: number, doubtful: number, looked: number]>();
  for (let k = 0; k < many; k++) {
    const [name, unit] = Object.entries(pieces)[k % 4]!;
    const norm = norms[Math.floor(k / 4) % 3]!;
    const recipe: Recipe = {
      sizes: shapes[k % shapes.length]!,
      seed: seed * 1_000_003 + k,
      pieces: unit,
      shortcuts: k % 5 === 0,
    };
    const program = randomProgram(recipe);
    let interval: { lower: number; upper: number; finished: boolean } | undefined;
    for await (const { lower, upper, finished } of exactConstant(program, norm, { kind: 'all' }, workOf(60)))
      interval = { lower: lower.value, upper: upper.value, finished };
    const { lower, upper, finished } = interval!;
    // From the largest Jacobian down, until one has a region for sure; one that may have a region counts against the lower end only.
    const patterns = [...piecePatterns(program)]
      .map((chosen) => ({
        chosen,
        value: normOf(
          norm,
          jacobianOf(
            program,
            chosen.map((piece, i) => program.units[i]!.pieces.slopes[piece]!),
          ),
        ),
      })) // prettier-ignore
      .sort((a, b) => b.value - a.value);
    let [sure, possible, looked] = [0, 0, 0];
    for (const { chosen, value } of patterns) {
      looked++;
      const own = await roomOf(program, chosen);
      if (own > room.none) possible = Math.max(possible, value);
      if (own <= room.sure) continue;
      sure = value;
      break;
    }
    const say = `${name} ${recipe.sizes.join('-')} seed ${recipe.seed} in ${norm}`;
    expect(upper, say).toBeGreaterThanOrEqual(sure * (1 - 1e-9));
    expect(lower, say).toBeLessThanOrEqual(Math.max(sure, possible) * (1 + 1e-9));
    const counts = tally.get(name) ?? [0, 0, 0, 0];
    tally.set(name, [counts[0] + 1, counts[1] + Number(finished && upper <= lower * (1 + 1e-8)), counts[2] + Number(possible > sure), counts[3] + looked]); // prettier-ignore
  }
  printTable(
    `Exact constants of ${many} random networks of up to seven units, three norms, against all patterns: no end is wrong`,
    ['pieces', 'networks', 'ends that meet', 'a sliver in doubt', 'linear programs'],
    [...tally].map(([name, own]) => [name, ...own.map(String)]),
  );
});

/** Between points near and far, and along the steepest directions of the network. */
function steepestQuotient(network: Network, inputs: number, norm: Norm, uniform: () => number): number {
  let steepest = 0;
  for (let k = 0; k < 150; k++) {
    const scale = 10 ** (3 * uniform() - 1.5);
    const x = Float64Array.from({ length: inputs }, () => scale * (2 * uniform() - 1));
    const step = scale * 10 ** (-3 * uniform());
    const y = x.map((value) => value + step * (norm === 'linf' ? Math.sign(uniform() - 0.5) : 2 * uniform() - 1));
    const [a, b] = [evaluate(network, x), evaluate(network, y)];
    const moved = lengthOf(
      Float64Array.from(a, (value, i) => value - b[i]!),
      norm,
    );
    const noise = 1e-13 * (1 + lengthOf(Float64Array.from(a), norm));
    steepest = Math.max(
      steepest,
      (moved - noise) /
        lengthOf(
          x.map((value, i) => value - y[i]!),
          norm,
        ),
    );
  }
  return steepest;
}

/** They know more than slopes: where their neurons are. */
const beyondSlopes = new Set(['activation-regions', 'region-splitting']);

test('every method on graphs of all activations', { timeout: 24 * 3_600_000 }, async () => {
  const rows: string[][] = [];
  for (const activation of Object.keys(activations) as Activation[]) {
    const least = new Map<string, number>();
    let bounds = 0;
    for (let k = 0; k < some; k++) {
      const norm = norms[k % 3]!;
      const made = slopeNetwork(kinds[k % kinds.length]!, activation, seed * 7919 + k, 1 + (k % 4) / 2);
      const slopes = largestJacobian(made, (matrix) => normOf(norm, matrix));
      const quotient = steepestQuotient(made.network, 2, norm, randomNumbers(seed * 31 + k));
      const { analysed, ...prepared } = await prepare(made.network, { dims: {}, held: new Map() }, engine);
      const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
      const question = { ...prepared, analysed, norm, region: { kind: 'all' }, rules, constantOf: () => Infinity } as const; // prettier-ignore
      for (const method of boundMethods.filter((one) => one.applies(question)))
        for await (const bound of method.run(question, { ...workOf(0.2), engine })) {
          if (bound.rigor !== 'certified') continue;
          const say = `${bound.method} on ${kinds[k % kinds.length]!} of ${activation}, network ${k}, in ${norm}`;
          bounds++;
          if (bound.side === 'lower') {
            expect(bound.value, say).toBeLessThanOrEqual(slopes * (1 + 1e-9));
            continue;
          }
          expect(bound.value, say).toBeGreaterThanOrEqual(quotient * (1 - 1e-9));
          if (beyondSlopes.has(bound.method)) continue;
          // Slopes of the table are good to twelve digits.
          expect(bound.value, say).toBeGreaterThanOrEqual(slopes * (1 - 1e-9));
          least.set(bound.method, Math.min(least.get(bound.method) ?? Infinity, bound.value / slopes));
        }
    }
    rows.push([activation, String(some), String(bounds), [...least].map(([name, own]) => `${name} ${own.toFixed(4)}`).join(', ')]); // prettier-ignore
  }
  printTable(
    'Certified bounds against all corners of the slopes and against difference quotients: none is wrong',
    ['activation', 'networks', 'bounds', 'upper end / largest corner, least of each method'],
    rows,
  );
});

test('the whole line, of networks of one input', { timeout: 24 * 3_600_000 }, async () => {
  const rows: string[][] = [];
  const shapes1 = [
    [1, 4, 1],
    [1, 6, 6, 2],
    [1, 3, 4, 3, 1],
  ];
  for (const activation of ['Swish', 'Gelu', 'Mish', 'Tanh', 'Elu', 'Softplus', 'LeakyRelu', 'Sigmoid']) {
    let [ratio, bounds] = [0, 0];
    const ratios: number[] = [];
    for (let k = 0; k < some / 3; k++) {
      const norm = norms[k % 3]!;
      const network = randomChain(shapes1[k % 3]!, activation, seed * 104_729 + k, 1);
      const slopeAt = (x: number): number => {
        const h = 1e-5 * Math.max(1, Math.abs(x));
        const [a, b] = [evaluate(network, [x - h]), evaluate(network, [x + h])];
        const moved = lengthOf(
          Float64Array.from(a, (value, i) => value - b[i]!),
          norm,
        );
        return (moved - 1e-14 * (1 + lengthOf(Float64Array.from(a), norm))) / (x + h - (x - h));
      };
      let steepest = 0;
      for (let i = -1500; i <= 1500; i++) steepest = Math.max(steepest, slopeAt(Math.sinh(i / 150) / 10));
      for (const far of [-1e5, -1e4, 1e4, 1e5]) steepest = Math.max(steepest, slopeAt(far));
      const { analysed, ...prepared } = await prepare(network, { dims: {}, held: new Map() }, engine);
      const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
      const question = { ...prepared, analysed, norm, region: { kind: 'all' }, rules, constantOf: () => Infinity } as const; // prettier-ignore
      for await (const bound of regionSplitting.run(question, { ...workOf(0.5), engine })) {
        bounds++;
        expect(bound.value, `${activation}, network ${k}, in ${norm}`).toBeGreaterThanOrEqual(steepest * (1 - 1e-8));
        ratio = bound.value / steepest;
      }
      ratios.push(ratio);
    }
    ratios.sort((a, b) => a - b);
    rows.push([activation, String(ratios.length), String(bounds), ratios[Math.floor(ratios.length / 2)]!.toFixed(4), ratios.at(-1)!.toFixed(3)]); // prettier-ignore
  }
  printTable(
    'Splitting the line for half a second, against slopes on a grid: none is wrong',
    ['activation', 'networks', 'bounds', 'upper / steepest, median', 'worst'],
    rows,
  );
});
