import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bound } from '../../../core/bound.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { everyCornerIsBelow } from '../../../core/estimators/seqlip/all-corners.ts';
import { cornerProblems } from '../../../core/estimators/seqlip/corner-problem.ts';
import { factoredChain } from '../../../core/estimators/seqlip/factored-chain.ts';
import { CornerSearch } from '../../../core/estimators/seqlip/largest-corner.ts';
import { seqLip } from '../../../core/estimators/seqlip/method.ts';
import type { LayerMatrix } from '../../../core/estimators/slope-recursion/chain.ts';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { activations, largestJacobian, slopeNetwork } from '../multipliers/slope-networks.ts';
import { lazyEngine, numbersFrom, singularValues, workOf } from '../norms/small-maps.ts';

async function boundsOf(network: Network): Promise<readonly Bound[]> {
  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const where = { norm: 'l2', region: { kind: 'all' } } as const;
  const question = { runnable, analysed, input, output, rules, ...where, constantOf: () => Infinity };
  if (!seqLip.applies(question)) return [];
  const bounds: Bound[] = [];
  for await (const bound of seqLip.run(question, workOf())) bounds.push(bound);
  return bounds;
}

const shared = '../shared/cases';
interface Peer {
  readonly name: string;
  readonly seqlip_bf_paper?: { readonly value: number };
}
const peers = existsSync(`${shared}/peers-global.json`)
  ? (JSON.parse(readFileSync(`${shared}/peers-global.json`, 'utf8')) as Peer[])
  : [];

const matrix = (rows: number, columns: number, next: () => number): LayerMatrix => ({
  rows,
  columns,
  entries: Float64Array.from({ length: rows * columns }, next),
  error: 0,
});

/** B diag(d) A over all corners, with W2 = B and W1 = A up to rotations that change no norm. */
function bruteForce(w1: LayerMatrix, w2: LayerMatrix, low: number, high: number): number {
  let largest = 0;
  for (let corner = 0; corner < 2 ** w1.rows; corner++) {
    const product = Array.from({ length: w2.rows }, (_, i) =>
      Array.from({ length: w1.columns }, (__, j) => {
        let sum = 0;
        for (let k = 0; k < w1.rows; k++)
          sum += w2.entries[i * w2.columns + k]! * ((corner >> k) & 1 ? high : low) * w1.entries[k * w1.columns + j]!;
        return sum;
      }),
    );
    largest = Math.max(largest, singularValues(product)[0]!);
  }
  return largest;
}

describe('SeqLip', () => {
  it.skipIf(peers.length === 0)(
    'is the value that trying all corners gives, computed elsewhere, and its greedy form is no larger (skipped without ../shared)',
    async () => {
      let compared = 0;
      for (const { name, seqlip_bf_paper: peer } of peers) {
        const file = `${shared}/mlp/${name}.onnx`;
        if (peer === undefined || !existsSync(file)) continue;
        const bounds = await boundsOf(readModel(modelInMemory(`${name}.onnx`, readFileSync(file))));
        const last = bounds.at(-1)!;
        expect(last.rigor).toBe('certified');
        expect(last.value / peer.value, name).toBeCloseTo(1, 6);
        const greedy = bounds.find(({ method }) => method === 'greedy-seqlip')!;
        expect(greedy.rigor).toBe('estimate');
        expect(greedy.value).toBeLessThanOrEqual(peer.value * (1 + 1e-9));
        compared++;
      }
      expect(compared).toBeGreaterThan(4);
    },
  );

  it('with one hidden layer is the largest of all slope patterns, to 1e-7 and never below', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          sizes: fc.tuple(
            fc.integer({ min: 1, max: 5 }),
            fc.integer({ min: 1, max: 7 }),
            fc.integer({ min: 1, max: 5 }),
          ),
          slopes: fc.constantFrom<readonly [number, number]>(
            [0, 1],
            [-0.13, 1.13],
            [0.1, 1],
            [-1, 1],
            [-1, -0.25],
            [0, 0],
          ),
          seed: fc.integer({ min: 1, max: 1e6 }),
          // Rows that are the same, or nothing.
          degenerate: fc.constantFrom('none', 'equal', 'zero', 'all zero'),
          exponent: fc.constantFrom(0, -9, 12),
        }),
        async ({ sizes: [inputs, neurons, outputs], slopes: [low, high], seed, degenerate, exponent }) => {
          const next = numbersFrom(seed);
          const [w1, w2] = [matrix(neurons, inputs, next), matrix(outputs, neurons, () => next() * 10 ** exponent)];
          if (degenerate === 'equal') w1.entries.copyWithin(inputs, 0, inputs);
          if (degenerate === 'zero') w1.entries.fill(0, 0, inputs);
          if (degenerate === 'all zero') w2.entries.fill(0);
          const pace = new Pace(workOf());
          const truth = bruteForce(w1, w2, low, high);
          const [problem] = cornerProblems(await factoredChain({ layers: [w1, w2], slopes: [{ low, high }] }, pace));
          const search = new CornerSearch(problem!);
          await search.begin(pace);
          while (!search.isDone) await search.cut(pace);
          expect(search.upper).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
          expect(search.upper).toBeLessThanOrEqual(truth * (1 + 1e-7) + 1e-240);
          expect(search.found).toBeLessThanOrEqual(truth * (1 + 1e-12));
          if (truth === 0) return;
          expect(await everyCornerIsBelow(problem!, truth * (1 + 1e-9), pace)).toBe(true);
          expect(await everyCornerIsBelow(problem!, truth * (1 - 1e-9), pace)).toBe(false);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    'is below no slope pattern of chains with %s, at no moment',
    async (activation) => {
      for (let seed = 1; seed <= 4; seed++) {
        const small = slopeNetwork('chain', activation, 1700 + seed);
        const truth = largestJacobian(small);
        const bounds = await boundsOf(small.network);
        const proved = bounds.filter(({ rigor }) => rigor === 'certified');
        expect(proved.length).toBeGreaterThan(0);
        for (const { value } of proved) expect(value).toBeGreaterThanOrEqual(truth * (1 - 1e-12));
      }
    },
  );

  it('finds the largest of 2^40 corners', async () => {
    const next = numbersFrom(11);
    const [w1, w2] = [matrix(40, 8, next), matrix(1, 40, next)];
    const pace = new Pace(workOf());
    const [problem] = cornerProblems(await factoredChain({ layers: [w1, w2], slopes: [{ low: 0, high: 1 }] }, pace));
    const search = new CornerSearch(problem!);
    await search.begin(pace);
    while (!search.isDone) await search.cut(pace);
    expect(search.upper / search.found).toBeLessThan(1 + 1e-7);
    // The corners of one output: with v given, all neurons that push the same way. Directions all around meet every one.
    let sampled = 0;
    for (let draw = 0; draw < 20_000; draw++) {
      const v = Array.from({ length: 8 }, next);
      const pushed = Array.from({ length: 40 }, (_, k) => w2.entries[k]! * v.reduce((sum, own, j) => sum + own * w1.entries[k * 8 + j]!, 0)); // prettier-ignore
      const row = v.map((_, j) => pushed.reduce((sum, own, k) => sum + (own > 0 ? w2.entries[k]! * w1.entries[k * 8 + j]! : 0), 0)); // prettier-ignore
      sampled = Math.max(sampled, Math.hypot(...row));
    }
    expect(sampled).toBeLessThanOrEqual(search.upper);
    expect(sampled).toBeGreaterThan(0.9 * search.upper);
  });

  it('says nothing about networks with branches, other norms or regions', async () => {
    expect(await boundsOf(slopeNetwork('residual', 'Relu', 3).network)).toEqual([]);
  });
});
