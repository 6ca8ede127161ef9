import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type CertifiedUpper, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { activationRegions } from '../../../core/estimators/exact/method.ts';
import { localExpansion } from '../../../core/estimators/local-expansion/method.ts';
import { regionSplitting } from '../../../core/estimators/region-splitting/method.ts';
import { regionSplittingVerifier } from '../../../core/inspection/certificates/region-splitting.ts';
import type { ClaimContext, UpperClaim } from '../../../core/inspection/certificates/verifier.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import type { Region } from '../../../core/region.ts';
import { lastUpper, regionQuestion, type RegionQuestion } from '../../soundness/region-question.ts';
import { steepestPairs } from '../../soundness/steepest-pairs.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** Two hidden layers of ten units. */
const layered = (activation: string, inputs: number) =>
  networkOf({
    input: [1, inputs],
    constants: {
      w0: weights([inputs, 10], 3, 1.5),
      b0: weights([10], 6),
      w1: weights([10, 10], 4),
      b1: weights([10], 7),
      w2: weights([10, 2], 5),
    },
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w0', 'b0'], outputs: ['z0'] },
      { op: activation, inputs: ['z0'], outputs: ['y0'] },
      { op: 'Gemm', inputs: ['y0', 'w1', 'b1'], outputs: ['z1'] },
      { op: activation, inputs: ['z1'], outputs: ['y1'] },
      { op: 'MatMul', inputs: ['y1', 'w2'], outputs: ['y'] },
    ],
  });

const boxOf = (size: number): Region => ({ kind: 'box', lower: new Float64Array(size).fill(-0.7), upper: new Float64Array(size).fill(0.8) }); // prettier-ignore

const claimOf = (value: number, halvings: readonly number[]): UpperClaim => ({ value, certificate: { kind: 'region-splitting', halvings } }); // prettier-ignore

/** The verifier reads no more than this. */
const contextOf = (question: RegionQuestion): ClaimContext => ({ ...question, blocks: new Map(), inspection: undefined as never }); // prettier-ignore

const checked = async (question: RegionQuestion, claim: UpperClaim): Promise<string> =>
  (await regionSplittingVerifier.check(claim, contextOf(question), workOf())).verdict;

describe('Halving the worst part of a region', () => {
  it.each(norms)('comes close to the exact constant of a ReLU network in %s, and never below it', async (norm) => {
    const question = await regionQuestion(layered('Relu', 2), boxOf, norm, engine);
    const exact = (await lastUpper(activationRegions, question, engine, 20))!.value;
    const whole = (await lastUpper(localExpansion, question, engine, 20))!.value;
    const split = (await lastUpper(regionSplitting, question, engine, 60, (whole + exact) / 2))!.value;
    expect(split).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
    expect(split).toBeLessThanOrEqual((whole + exact) / 2);
  });

  it('closes the interval of a smooth network, on a ball as on a box', async () => {
    const network = layered('Gelu', 2);
    const ball = (norm: Norm) => (size: number): Region => ({ kind: 'ball', norm, center: new Float64Array(size).fill(0.1), radius: 0.5 }); // prettier-ignore
    for (const region of [boxOf, ball('l2')]) {
      const question = await regionQuestion(network, region, 'linf', engine);
      const steepest = Math.max(...steepestPairs(network, question.region, 'linf', 3, 800).map(({ quotient }) => quotient)); // prettier-ignore
      const { value } = (await lastUpper(regionSplitting, question, engine, 60, 1.1 * steepest))!;
      expect(value).toBeGreaterThanOrEqual(steepest * (1 - 1e-9));
      expect(value).toBeLessThanOrEqual(1.1 * steepest);
    }
  });

  it.each(['Tanh', 'Gelu', 'Softplus', 'Elu'])(
    'goes along the whole line: of a %s network of one input it is at no moment below the steepest slope, and in the end 1.3 times that at most',
    async (activation) => {
      const network = layered(activation, 1);
      const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
      const nodes = analyse(prepared.analysed, undefined);
      const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
      const question = { ...prepared, prepared, nodes, rules, norm: 'linf', region: { kind: 'all' }, constantOf: () => Infinity } as const; // prettier-ignore
      const box = (size: number): Region => ({ kind: 'box', lower: new Float64Array(size).fill(-60), upper: new Float64Array(size).fill(60) }); // prettier-ignore
      const steepest = Math.max(...steepestPairs(network, box(1), 'linf', 3, 400).map(({ quotient }) => quotient));
      const bounds: CertifiedUpper[] = [];
      for await (const bound of regionSplitting.run(question, { ...workOf(100), engine })) {
        if (bound.side !== 'upper' || bound.rigor !== 'certified') continue;
        expect(bound.value).toBeGreaterThanOrEqual(steepest * (1 - 1e-9));
        bounds.push(bound);
        if (bound.value <= 1.3 * steepest) break;
      }
      const { value, certificate } = bounds.at(-1)!;
      if (certificate.kind !== 'region-splitting') throw new Error(certificate.kind);
      expect(value).toBeLessThanOrEqual(1.3 * steepest);
      expect(await checked(question, claimOf(value, certificate.halvings))).toBe('confirmed');
      expect(await checked(question, claimOf(0.9 * value, certificate.halvings))).toBe('refuted');
    },
  );

  it('is proved again from its halvings; from fewer, or for less, it is not', async () => {
    const question = await regionQuestion(layered('Relu', 3), boxOf, 'linf', engine);
    const whole = (await lastUpper(localExpansion, question, engine, 20))!.value;
    const { value, certificate } = (await lastUpper(regionSplitting, question, engine, 60, 0.9 * whole))!;
    if (certificate.kind !== 'region-splitting') throw new Error(certificate.kind);
    const { halvings } = certificate;
    expect(halvings.length).toBeGreaterThan(3);
    expect(await checked(question, claimOf(value, halvings))).toBe('confirmed');
    expect(await checked(question, claimOf(0.99 * value, halvings))).toBe('refuted');
    expect(await checked(question, claimOf(value, [-1]))).toBe('refuted');
    expect(await checked(question, claimOf(value, halvings.slice(0, -1)))).toBe('refuted');
    expect(await checked(question, claimOf(value, [7, -1, -1]))).toBe('refuted');
    expect(await checked(question, claimOf(value, []))).toBe('refuted');
  });
});
