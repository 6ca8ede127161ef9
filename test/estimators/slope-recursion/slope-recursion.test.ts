import { describe, expect, it } from 'vitest';
import type { CertifiedUpper } from '../../../core/bound.ts';
import { DenseProducts } from '../../../core/compute/linear-algebra/dense-products.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import type { BoundQuestion } from '../../../core/estimators/conductor/method.ts';
import { provesBackward } from '../../../core/estimators/slope-recursion/backward.ts';
import { chainOf } from '../../../core/estimators/slope-recursion/chain.ts';
import { layerwiseRecursion } from '../../../core/estimators/slope-recursion/method.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../../operators/small-networks.ts';
import { lazyEngine, numbersFrom, singularValues, workOf } from '../norms/small-maps.ts';
import { type Activation, activations, largestJacobian, slopeNetwork } from '../multipliers/slope-networks.ts';

async function questionOf(network: Network): Promise<BoundQuestion> {
  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  return { runnable, analysed, input, output, norm: 'l2', region: { kind: 'all' }, rules, constantOf: () => Infinity };
}

async function boundOf(question: BoundQuestion): Promise<CertifiedUpper | undefined> {
  for await (const bound of layerwiseRecursion.run(question, workOf()))
    if (bound.side === 'upper' && bound.rigor === 'certified') return bound;
  return undefined;
}

async function backward(question: BoundQuestion, ratios: readonly number[], bound: number): Promise<boolean> {
  const pace = new Pace(workOf());
  await using products = await DenseProducts.open(lazyEngine, pace);
  return await provesBackward(chainOf(question)!, ratios, bound, products, pace);
}

const ratiosOf = ({ certificate }: CertifiedUpper): readonly number[] => {
  if (certificate.kind !== 'slope-recursion') throw new Error('Ratios are expected.');
  return certificate.ratios;
};

type Matrix = readonly (readonly number[])[];

/** ReLU chains with weights as the authors of ECLipsE draw them: normal, deviation 1 / sqrt(width), times `scale`. */
function reluChain(
  layers: number,
  width: number,
  scale: number,
  seed: number,
): { network: Network; matrices: Matrix[] } {
  const next = numbersFrom(seed);
  const normal = (): number => next() + next() + next();
  const constants: Record<string, ConstantSketch> = {};
  const nodes: NodeSketch[] = [];
  const matrices: Matrix[] = [];
  let from = 'x';
  for (let layer = 0; layer < layers; layer++) {
    const [rows, columns] = [layer === layers - 1 ? 2 : width, layer === 0 ? 4 : width];
    const matrix = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => Math.fround((scale * normal()) / Math.sqrt(width))),
    );
    matrices.push(matrix);
    constants[`w${layer}`] = { shape: [rows, columns], values: matrix.flat() };
    nodes.push({ op: 'Gemm', inputs: [from, `w${layer}`], outputs: [`p${layer}`], attributes: { transB: 1 } });
    if (layer < layers - 1) nodes.push({ op: 'Relu', inputs: [`p${layer}`], outputs: [`q${layer}`] });
    from = `q${layer}`;
  }
  return { network: networkOf({ input: [1, 4], nodes, constants }), matrices };
}

const transpose = (a: Matrix): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));
const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

/** By Gauss and Jordan, for positive definite matrices. */
function inverse(a: Matrix): number[][] {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => +(i === j))]);
  for (let k = 0; k < n; k++) {
    const pivot = rows[k]![k]!;
    for (let j = 0; j < 2 * n; j++) rows[k]![j]! /= pivot;
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!;
      if (i !== k && factor !== 0) for (let j = 0; j < 2 * n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  return rows.map((row) => row.slice(n));
}

/** ECLipsE-Fast as its authors write it (NeurIPS 2024, Algorithm 1, with p = 0 and m = 1/2), in the logarithm so that nothing underflows. */
function eclipseFast(matrices: readonly Matrix[]): number {
  let middle: number[][] = matrices[0]![0]!.map((_, i) => matrices[0]![0]!.map((__, j) => +(i === j)));
  let logarithm = 0;
  for (const w of matrices.slice(0, -1)) {
    const seen = product(product(w, inverse(middle)), transpose(w));
    const lam = 2 / singularValues(seen)[0]!;
    // Lam - Lam W (M)^-1 W' Lam / 4, and lam is carried in the logarithm.
    middle = seen.map((row, i) => row.map((value, j) => +(i === j) - (lam * value) / 4));
    logarithm -= Math.log(lam);
  }
  const last = matrices.at(-1)!;
  const square = singularValues(product(product(last, inverse(middle)), transpose(last)))[0]!;
  return Math.exp((Math.log(square) + logarithm) / 2);
}

describe('the recursion from layer to layer', () => {
  it.each([
    [2, 20, 1],
    [5, 20, 1],
    [10, 20, 1],
    [20, 12, 0.2],
    [8, 12, 1e-10],
    [8, 12, 1e10],
    [40, 8, 1e-4],
  ])('is ECLipsE-Fast on ReLU chains: %i layers of %i, weights times %e', async (layers, width, scale) => {
    const { network, matrices } = reluChain(layers, width, scale, layers);
    const bound = (await boundOf(await questionOf(network)))!;
    const fast = eclipseFast(matrices);
    expect(bound.value / fast).toBeLessThan(1 + 1e-6);
    expect(bound.value / fast).toBeGreaterThan(1 - 1e-6);
  });

  it.each(Object.keys(activations) as Activation[])(
    'is below no slope pattern of %s networks, never above the product, and proved again from the other end',
    async (activation) => {
      for (let seed = 1; seed <= 12; seed++) {
        const small = slopeNetwork('chain', activation, 400 + seed);
        const question = await questionOf(small.network);
        const bound = (await boundOf(question))!;
        const exact = largestJacobian(small);
        expect(bound.value).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        const steepest = Math.max(...activations[activation].slopes.map(Math.abs));
        const layers = [...question.analysed.constants.values()].filter(({ shape }) => shape.length === 2);
        expect(layers).toHaveLength(3);
        const norms = chainOf(question)!.layers.map(({ rows, columns, entries }) => {
          const matrix = Array.from({ length: rows }, (_, i) => [...entries.subarray(i * columns, (i + 1) * columns)]);
          return singularValues(matrix)[0]!;
        });
        expect(bound.value).toBeLessThan(norms.reduce((a, b) => a * b, steepest ** 2) * (1 + 1e-4));
        const ratios = ratiosOf(bound);
        expect(await backward(question, ratios, bound.value)).toBe(true);
        expect(await backward(question, ratios, bound.value * 0.9999)).toBe(false);
        expect(await backward(question, ratios, exact * 0.999)).toBe(false);
        expect(await backward(question, [ratios[0]! * 8, ratios[1]!], bound.value)).toBe(false);
        expect(await backward(question, [-ratios[0]!, ratios[1]!], bound.value)).toBe(false);
      }
    },
  );

  it('says nothing of networks with branches, or without activations', async () => {
    expect(await boundOf(await questionOf(slopeNetwork('residual', 'Relu', 1).network))).toBeUndefined();
    const { network } = reluChain(1, 3, 1, 1);
    expect(layerwiseRecursion.applies(await questionOf(network))).toBe(false);
  });
});
