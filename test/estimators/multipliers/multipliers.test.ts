import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CertifiedUpper } from '../../../core/bound.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import type { BoundQuestion } from '../../../core/estimators/conductor/method.ts';
import { decoded } from '../../../core/estimators/multipliers/certificate.ts';
import { diagonalMultipliers } from '../../../core/estimators/multipliers/method.ts';
import { normalForm, type NormalForm } from '../../../core/estimators/multipliers/normal-form.ts';
import { provesBound } from '../../../core/estimators/multipliers/proof.ts';
import { Replay } from '../../../core/estimators/multipliers/replay.ts';
import { provesAgain, type SecondProof } from '../../../core/estimators/multipliers/second-proof.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { openModel } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare, type PreparedNetwork } from '../../../core/passes/prepare.ts';
import { networkOf } from '../../operators/small-networks.ts';
import { lazyEngine, workOf } from '../norms/small-maps.ts';
import { type Activation, activations, kinds, largestJacobian, slopeNetwork } from './slope-networks.ts';
import { steadyWork } from './steady-work.ts';

const prepared = (network: Network): Promise<PreparedNetwork> =>
  prepare(network, { dims: {}, held: new Map() }, lazyEngine);

function questionOf({ runnable, analysed, input, output }: PreparedNetwork): BoundQuestion {
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  return { runnable, analysed, input, output, norm: 'l2', region: { kind: 'all' }, rules, constantOf: () => Infinity };
}

async function bestBound(question: BoundQuestion): Promise<CertifiedUpper> {
  let best: CertifiedUpper | undefined;
  for await (const bound of diagonalMultipliers.run(question, steadyWork(4000))) {
    if (bound.side !== 'upper' || bound.rigor !== 'certified') throw new Error('Only proved bounds are expected.');
    best = bound;
  }
  if (best === undefined) throw new Error('No bound was found.');
  return best;
}

interface Proofs {
  readonly first: (bound: number) => Promise<boolean>;
  readonly second: (bound: number) => Promise<SecondProof>;
}

/** Both ways of proving, with the multipliers of a bound. */
function proofsOf({ analysed, input, output, rules }: BoundQuestion, { certificate }: CertifiedUpper): Proofs {
  if (certificate.kind !== 'multipliers') throw new Error('Multipliers are expected.');
  const form = normalForm(analysed, input, output, rules) as NormalForm;
  const replay = Replay.of(analysed, input, output, rules)!;
  const multipliers = decoded(certificate.multipliers, replay.multiplierCounts)!;
  const pace = new Pace(workOf(), 'unlimited');
  return {
    first: (bound) => provesBound(form, multipliers, bound, pace),
    second: (bound) => provesAgain(replay, multipliers, bound, pace),
  };
}

const names = Object.keys(activations) as Activation[];

describe('diagonal multipliers', () => {
  it.each(kinds)(
    'give %s networks a bound that no slope pattern exceeds and that both proofs confirm',
    async (kind) => {
      const looseness: number[] = [];
      for (let seed = 1; seed <= 30; seed++) {
        const small = slopeNetwork(kind, names[seed % names.length]!, 100 * kinds.indexOf(kind) + seed);
        const question = questionOf(await prepared(small.network));
        const bound = await bestBound(question);
        const exact = largestJacobian(small);
        expect(bound.value).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        looseness.push(bound.value / exact);
        const { first, second } = proofsOf(question, bound);
        expect(await first(bound.value)).toBe(true);
        expect(await second(bound.value)).toBe('holds');
        const tooLow = exact * Math.sqrt(1 - 1e-3);
        expect(await first(tooLow)).toBe(false);
        expect(await second(tooLow)).toBe('fails');
      }
      looseness.sort((a, b) => a - b);
      expect(looseness[15]).toBeLessThan(1.2);
    },
  );

  it.each([1e-30, 1e-10, 1e8, 1e18])('do not mind weights of size %e', async (scale) => {
    for (const kind of ['chain', 'concat', 'maxmin'] as const) {
      const small = slopeNetwork(kind, 'Gelu', 5, scale);
      const question = questionOf(await prepared(small.network));
      const bound = await bestBound(question);
      const exact = largestJacobian(small);
      expect(bound.value / exact).toBeGreaterThanOrEqual(1 - 1e-12);
      expect(bound.value / exact).toBeLessThan(1.6);
      expect(await proofsOf(question, bound).second(bound.value)).toBe('holds');
    }
  });

  it('handle zero weights, dead neurons and activations that are straight lines', async () => {
    const network = networkOf({
      input: [1, 2],
      constants: {
        a: { shape: [4, 2], values: [1, 2, 0, 0, 3, -1, 0.5, 0.5] },
        b: { shape: [2, 4], values: [1, 1, 0, 2, 0, 1, 0, -1] },
        slope: { shape: [1], values: [1] },
      },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'a'], attributes: { transB: 1 } },
        { op: 'Relu', inputs: ['y0'] },
        { op: 'PRelu', inputs: ['y1', 'slope'] },
        { op: 'Gemm', inputs: ['y2', 'b'], attributes: { transB: 1 } },
      ],
    });
    const bound = await bestBound(questionOf(await prepared(network)));
    // Neurons 1 and 4 are seen: both on, the matrix is [1 2; 0 0] + [2; -1][0.5 0.5].
    expect(bound.value).toBeGreaterThanOrEqual(Math.sqrt(13.35));
    expect(bound.value).toBeLessThan(4);
  });

  it('leave a network alone that has an operator they know nothing about', async () => {
    const network = networkOf({
      input: [1, 2],
      nodes: [
        { op: 'Mul', inputs: ['x', 'x'] },
        { op: 'Relu', inputs: ['y0'] },
      ],
    });
    expect(diagonalMultipliers.applies(questionOf(await prepared(network)))).toBe(false);
  });

  it('take a softmax as one group', async () => {
    const network = networkOf({
      input: [1, 3],
      constants: { a: { shape: [3, 3], values: [1, 2, 0, 0, 1, 0, 1, 0, 3] } },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'a'], attributes: { transB: 1 } },
        { op: 'Softmax', inputs: ['y0'] },
        { op: 'Add', inputs: ['y1', 'x'] },
      ],
    });
    const bound = await bestBound(questionOf(await prepared(network)));
    // The product rule gives 1 + |A|/2; a group that may turn any way is not better than that.
    expect(bound.value).toBeGreaterThan(1);
    expect(bound.value).toBeLessThan(1 + 3.4 / 2);
  });
});

const shared = '../shared/cases';
describe.skipIf(!existsSync(shared))('diagonal multipliers on shared cases (skipped without ../shared)', () => {
  // LipSDP-Neuron by Clarabel: PEERS section 2.
  it.each([
    ['mlp/mlp_2_8_8_2', 2.726764],
    ['mlp/mlp_3_6_6_3', 11.676041],
    ['mlp/mlp_3_12_1', 2.62006],
    ['mlp/mlp_2_4_1', 0.4565801],
    ['dag/concat_3', 3.0742863],
    ['dag/maxmin_2_6_2', 2.7151279],
  ])('%s: %d, as the semidefinite program has it', async (name, expected) => {
    using model = await openModel(defaultRequest(`${shared}/${name}.onnx`), lazyEngine);
    const bound = await bestBound(questionOf(model.prepared));
    expect(bound.value / expected).toBeGreaterThan(1 - 1e-6);
    expect(bound.value / expected).toBeLessThan(1 + 1e-5);
  });
});
