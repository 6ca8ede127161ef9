import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { centreFormByRows } from '../../../core/estimators/centre-form/by-rows.ts';
import { formExpansion } from '../../../core/estimators/centre-form/question.ts';
import { activationRegions } from '../../../core/estimators/exact/method.ts';
import { relaxedNorms } from '../../../core/estimators/jacobian-relaxation/value.ts';
import { rowMultipliers } from '../../../core/estimators/row-multipliers/method.ts';
import { stretched } from '../../../core/estimators/row-multipliers/stretched.ts';
import { rowMultipliersVerifier } from '../../../core/inspection/certificates/row-multipliers.ts';
import type { ClaimContext } from '../../../core/inspection/certificates/verifier.ts';
import type { Region } from '../../../core/region.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { lastUpper, regionQuestion, type RegionQuestion } from '../../soundness/region-question.ts';
import { steepestPairs } from '../../soundness/steepest-pairs.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** Many inputs, few units: most signs of the Jacobian are unknown. */
const layered = (activation: string, scale = 1) =>
  networkOf({
    input: [1, 12],
    constants: {
      w0: weights([12, 7], 3, 0.8 * scale),
      b0: weights([7], 6, 0.3),
      w1: weights([7, 6], 4),
      b1: weights([6], 7, 0.3),
      w2: weights([6, 2], 5),
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

async function formFor({ analysed, input, output, rules }: RegionQuestion) {
  return (await centreFormByRows(formExpansion({ analysed, input, output, rules })!, workOf()))!;
}

async function relaxedBound(question: RegionQuestion): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for await (const value of relaxedNorms(await formFor(question), 'linf', workOf())) least = Math.min(least, value);
  return least;
}

/** The verifier reads no more than this. */
const contextOf = (question: RegionQuestion): ClaimContext => ({ ...question, blocks: new Map(), inspection: undefined as never }); // prettier-ignore

describe('Multipliers row by row', () => {
  it.each(['Relu', 'Sigmoid', 'Gelu'])(
    'are tighter than the relaxation and never below what pairs of points show: %s',
    async (activation) => {
      // Sigmoids bend where they are steep.
      const network = layered(activation, activation === 'Sigmoid' ? 6 : 1);
      const question = await regionQuestion(network, boxOf, 'linf', engine);
      const relaxed = await relaxedBound(question);
      const { value } = (await lastUpper(rowMultipliers, question, engine, 60))!;
      expect(value).toBeLessThan(0.9 * relaxed);
      const pairs = steepestPairs(network, question.region, 'linf', 3, 400);
      expect(value).toBeGreaterThanOrEqual(Math.max(...pairs.map(({ quotient }) => quotient)) * (1 - 1e-9));
      if (activation !== 'Relu') return;
      const exact = (await lastUpper(activationRegions, question, engine, 20))!.value;
      expect(value).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
    },
  );

  it('are proved again; for less, or with other numbers, they are not', async () => {
    const question = await regionQuestion(layered('Relu'), boxOf, 'linf', engine);
    const { value, certificate } = (await lastUpper(rowMultipliers, question, engine, 60))!;
    if (certificate.kind !== 'row-multipliers') throw new Error(certificate.kind);
    const verdict = async (claim: number, rows: unknown): Promise<string> =>
      (await rowMultipliersVerifier.check({ value: claim, certificate: { kind: 'row-multipliers', rows } }, contextOf(question), workOf())).verdict; // prettier-ignore
    const { rows } = certificate;
    // Of the other output the relaxation says enough.
    expect(rows.map((row) => row === null).toSorted()).toEqual([false, true]);
    expect(await verdict(value, rows)).toBe('confirmed');
    expect(await verdict(0.99 * value, rows)).toBe('refuted');
    expect(await verdict(value, rows.toReversed())).toBe('refuted');
    expect(await verdict(value, rows.map(() => null))).toBe('refuted'); // prettier-ignore
    expect(await verdict(value, rows.slice(1))).toBe('refuted');
    expect(await verdict(value, 'all')).toBe('refuted');
    // Inputs in smaller units, as if that alone made the network smoother; and in none at all.
    const altered = (times: number): (string | null)[] =>
      rows.map((row) => {
        if (row === null) return null;
        const numbers = Buffer.from(row, 'base64');
        for (let at = numbers.length - 8 * 12; at < numbers.length; at += 8)
          numbers.writeDoubleLE(numbers.readDoubleLE(at) * times, at);
        return numbers.toString('base64');
      });
    expect(await verdict(value, altered(2))).toBe('refuted');
    expect(await verdict(value, altered(0.5))).toBe('refuted');
    expect(await verdict(value, altered(0))).toBe('refuted');
    expect(await verdict(value, altered(Number.NaN))).toBe('refuted');
  });

  it('measure inputs in other units without losing anything: |x~| is at most the length times |x|', async () => {
    const form = await formFor(await regionQuestion(layered('Relu'), boxOf, 'linf', engine));
    const scales = Float64Array.from({ length: 12 }, (_, i) => 0.3 + i / 7);
    const { form: other, length } = stretched(form, scales);
    const change = Float64Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? -1 : 1));
    const measured = change.map((value, i) => value / scales[i]!);
    expect(Math.hypot(...measured)).toBeLessThanOrEqual(length);
    for (let row = 0; row < form.error.length; row++) {
      const along = (matrix: Float64Array, x: Float64Array): number =>
        x.reduce((sum, value, i) => sum + value * matrix[row * 12 + i]!, 0);
      expect(along(other.direct, measured)).toBeCloseTo(along(form.direct, change), 12);
      expect(other.error[row]! * Math.hypot(...measured)).toBeGreaterThanOrEqual(form.error[row]!);
    }
  });
});
