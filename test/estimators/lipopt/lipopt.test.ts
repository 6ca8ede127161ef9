import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bound, Norm } from '../../../core/bound.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import type { BoundQuestion } from '../../../core/estimators/conductor/method.ts';
import { handelmanBound } from '../../../core/estimators/lipopt/handelman.ts';
import { lipOpt } from '../../../core/estimators/lipopt/method.ts';
import { polynomialOfRow } from '../../../core/estimators/lipopt/path-polynomial.ts';
import { RowSearch } from '../../../core/estimators/lipopt/row-search.ts';
import type { Chain } from '../../../core/estimators/slope-recursion/chain.ts';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { activations, slopeNetwork, type SlopeNetwork } from '../multipliers/slope-networks.ts';
import { lazyEngine, numbersFrom, workOf } from '../norms/small-maps.ts';
import { byLinearProgram } from './linear-program.ts';

async function questionOf(network: Network, norm: Norm): Promise<BoundQuestion> {
  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  return { runnable, analysed, input, output, norm, region: { kind: 'all' }, rules, constantOf: () => Infinity };
}

async function boundsOf(network: Network, norm: Norm): Promise<readonly Bound[]> {
  const question = await questionOf(network, norm);
  if (!lipOpt.applies(question)) return [];
  const bounds: Bound[] = [];
  for await (const bound of lipOpt.run(question, workOf())) bounds.push(bound);
  return bounds;
}

const slopeRanges = [[0, 1], [-0.13, 1.13], [0.1, 1], [-1, 1], [-1, -0.25], [0, 0], [0.5, 0.5]] as const; // prettier-ignore

function randomChain(sizes: readonly number[], [low, high]: readonly [number, number], seed: number): Chain {
  const next = numbersFrom(seed);
  const layers = sizes.slice(1).map((rows, at) => ({
    rows,
    columns: sizes[at]!,
    entries: Float64Array.from({ length: rows * sizes[at]! }, () => next() - 0.5),
    error: 0,
  }));
  return { layers, slopes: layers.slice(1).map(() => ({ low, high })) };
}

/** The largest absolute sum of a row of the Jacobian over all corners of the slopes. */
function bruteForce({ layers, slopes }: Chain, row: number): number {
  const neurons = layers.slice(0, -1).map(({ rows }) => rows);
  const total = neurons.reduce((sum, own) => sum + own, 0);
  let most = 0;
  for (let corner = 0; corner < 2 ** total; corner++) {
    const last = layers.at(-1)!;
    let values = [...last.entries.slice(row * last.columns, (row + 1) * last.columns)];
    let bit = 0;
    for (let at = layers.length - 2; at >= 0; at--) {
      const { columns, entries } = layers[at]!;
      const bent = values.map((own) => own * ((corner >> bit++) & 1 ? slopes[at]!.high : slopes[at]!.low));
      values = Array.from({ length: columns }, (_, j) =>
        bent.reduce((sum, own, k) => sum + own * entries[k * columns + j]!, 0),
      );
    }
    most = Math.max(
      most,
      values.reduce((sum, own) => sum + Math.abs(own), 0),
    );
  }
  return most;
}

/** In linf, or in l1, over all corners of the slopes. */
function largestJacobian({ bends, slopes, jacobian }: SlopeNetwork, norm: 'l1' | 'linf'): number {
  let most = 0;
  for (let corner = 0; corner < 2 ** bends; corner++) {
    const rows = jacobian(Array.from({ length: bends }, (_, k) => slopes[(corner >> k) & 1]!));
    const sums = norm === 'linf' ? rows : rows[0]!.map((_, j) => rows.map((row) => row[j]!));
    most = Math.max(most, ...sums.map((own) => own.reduce((sum, entry) => sum + Math.abs(entry), 0)));
  }
  return most;
}

const wide = networkOf({
  input: [1, 40],
  nodes: [
    { op: 'Gemm', inputs: ['x', 'a'] },
    { op: 'Tanh', inputs: ['y0'] },
    { op: 'Gemm', inputs: ['y1', 'b'] },
    { op: 'Tanh', inputs: ['y2'] },
    { op: 'Gemm', inputs: ['y3', 'c'] },
  ],
  constants: { a: weights([40, 200], 1), b: weights([200, 200], 2), c: weights([200, 2], 3) },
});

describe('LiPopt', () => {
  it('is at no moment below the largest row over all slopes, nor above the expansion around their middles, and its coefficients prove it by monomials', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          inner: fc.constantFrom<readonly number[]>([5], [1], [3, 3], [4, 2], [2, 2, 2]),
          inputs: fc.integer({ min: 1, max: 4 }),
          slopes: fc.constantFrom<readonly [number, number]>(...slopeRanges),
          seed: fc.integer({ min: 1, max: 1e6 }),
          degenerate: fc.constantFrom('none', 'zero row', 'all zero'),
          exponent: fc.constantFrom(0, -25, 30),
        }),
        async ({ inner, inputs, slopes, seed, degenerate, exponent }) => {
          const chain = randomChain([inputs, ...inner, 2], slopes, seed);
          const first = chain.layers[0]!;
          for (let at = 0; at < first.entries.length; at++) first.entries[at]! *= 10 ** exponent;
          if (degenerate === 'zero row') first.entries.fill(0, 0, inputs);
          if (degenerate === 'all zero') chain.layers.at(-1)!.entries.fill(0);
          const truth = bruteForce(chain, 1);
          const pace = new Pace(workOf());
          const search = new RowSearch(1, () => polynomialOfRow(chain, 1));
          const start = search.bound;
          expect(start).toBeGreaterThanOrEqual(truth * (1 - 1e-13));
          while (!search.isDone) {
            await search.improve(pace);
            expect(search.bound).toBeGreaterThanOrEqual(truth * (1 - 1e-13));
            if (search.given === undefined) continue;
            const again = await handelmanBound(polynomialOfRow(chain, 1), search.given, pace);
            expect(again).toBeGreaterThanOrEqual(truth * (1 - 1e-13));
            expect(again).toBeLessThanOrEqual(search.bound * (1 + 1e-10) + Number.MIN_VALUE);
          }
          expect(search.bound).toBeLessThanOrEqual(start);
        },
      ),
      { numRuns: 40, seed: 5 },
    );
  });

  it('ends at the optimum of the linear program that HiGHS finds', async () => {
    for (const [sizes, slopes] of [
      [
        [6, 9, 1],
        [0, 1],
      ],
      [
        [4, 8, 1],
        [-0.13, 1.13],
      ],
      [
        [3, 4, 4, 1],
        [0, 1],
      ],
    ] as const) {
      const polynomial = polynomialOfRow(randomChain(sizes, slopes, 7), 0);
      const search = new RowSearch(0, () => polynomial);
      const pace = new Pace(workOf());
      const start = search.bound;
      while (!search.isDone) await search.improve(pace);
      const optimum = await byLinearProgram(polynomial);
      expect(search.bound / optimum).toBeGreaterThan(1 - 1e-7);
      expect(search.bound / optimum).toBeLessThan(1.0005);
      expect(start / optimum).toBeGreaterThan(1.05);
    }
  });

  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    'is below no slope pattern of chains with %s, in l1 and linf',
    async (activation) => {
      for (const norm of ['l1', 'linf'] as const) {
        const small = slopeNetwork('chain', activation, 1800);
        const truth = largestJacobian(small, norm);
        const bounds = await boundsOf(small.network, norm);
        expect(bounds.length).toBeGreaterThan(0);
        for (const { value, rigor } of bounds) {
          expect(rigor).toBe('certified');
          expect(value).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
        }
        expect(bounds.at(-1)!.value).toBeLessThan(1.1 * truth);
      }
    },
  );

  const cases = '../shared/cases/mlp';
  it.skipIf(!existsSync(cases))(
    'is never below the exact constants of networks, computed elsewhere (skipped without ../shared)',
    async () => {
      let compared = 0;
      for (const file of readdirSync(cases).filter((name) => name.endsWith('.onnx'))) {
        const expected = readFileSync(`${cases}/${file.replace('.onnx', '.json')}`, 'utf8');
        const { global_exact: exact } = JSON.parse(expected) as { global_exact: Readonly<Record<Norm, number>> };
        for (const norm of ['l1', 'linf'] as const) {
          const truth = exact[norm];
          const network = readModel(modelInMemory(file, readFileSync(`${cases}/${file}`)));
          const last = (await boundsOf(network, norm)).at(-1);
          if (last === undefined) continue;
          expect(last.value, `${file} ${norm}`).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(6);
    },
  );

  it('says nothing about branches and l2, and why it leaves out what has too many paths', async () => {
    expect(await boundsOf(slopeNetwork('residual', 'Relu', 3).network, 'linf')).toEqual([]);
    expect(await boundsOf(slopeNetwork('chain', 'Relu', 3).network, 'l2')).toEqual([]);
    const question = await questionOf(wide, 'linf');
    expect(lipOpt.applies(question)).toBe(true);
    await expect(lipOpt.run(question, workOf()).next()).rejects.toThrow(
      'the polynomial of one row of the Jacobian would have 40 · 200 · 200 terms, with 2 rows: more than it can work with',
    );
  });
});
