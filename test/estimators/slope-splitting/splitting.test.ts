import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { centreFormByRows } from '../../../core/estimators/centre-form/by-rows.ts';
import { formExpansion } from '../../../core/estimators/centre-form/question.ts';
import { activationRegions } from '../../../core/estimators/exact/method.ts';
import { jacobianRelaxation } from '../../../core/estimators/jacobian-relaxation/method.ts';
import { relaxedNorms } from '../../../core/estimators/jacobian-relaxation/value.ts';
import { largestSizes } from '../../../core/estimators/local-expansion/absolute-sums.ts';
import { splittableForm, withHeld } from '../../../core/estimators/slope-splitting/held-slopes.ts';
import { slopeSplitting } from '../../../core/estimators/slope-splitting/method.ts';
import { jacobianRelaxationVerifier } from '../../../core/inspection/certificates/jacobian-relaxation.ts';
import { slopeSplittingVerifier } from '../../../core/inspection/certificates/slope-splitting.ts';
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

/** Two hidden layers of eight units. */
const layered = (activation: string) =>
  networkOf({
    input: [1, 3],
    constants: {
      w0: weights([3, 8], 3, 1.5),
      b0: weights([8], 6, 0.3),
      w1: weights([8, 8], 4),
      b1: weights([8], 7, 0.3),
      w2: weights([8, 2], 5),
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

async function relaxedBound({ analysed, input, output, rules }: RegionQuestion): Promise<number> {
  const form = (await centreFormByRows(formExpansion({ analysed, input, output, rules })!, workOf()))!;
  let least = Number.POSITIVE_INFINITY;
  for await (const value of relaxedNorms(form, 'linf', workOf())) least = Math.min(least, value);
  return least;
}

/** The verifier reads no more than this. */
const contextOf = (question: RegionQuestion): ClaimContext => ({ ...question, blocks: new Map(), inspection: undefined as never }); // prettier-ignore

describe('Splitting on units that bend', () => {
  it.each(['Relu', 'Gelu'])(
    'is tighter than one relaxation and never below what pairs of points show: %s',
    async (activation) => {
      const network = layered(activation);
      const question = await regionQuestion(network, boxOf, 'linf', engine);
      const relaxed = await relaxedBound(question);
      const { value } = (await lastUpper(slopeSplitting, question, engine, 60, 0.95 * relaxed))!;
      expect(value).toBeLessThan(0.97 * relaxed);
      const steepest = Math.max(
        ...steepestPairs(network, question.region, 'linf', 3, 400).map(({ quotient }) => quotient),
      );
      expect(value).toBeGreaterThanOrEqual(steepest * (1 - 1e-9));
      if (activation === 'Relu')
        expect(value).toBeGreaterThanOrEqual(
          (await lastUpper(activationRegions, question, engine, 20))!.value * (1 - 1e-9),
        );
    },
  );

  it('begins with the relaxation of the Jacobian, row by row, and calls it that', async () => {
    const question = await regionQuestion(layered('Relu'), boxOf, 'linf', engine);
    const bound = (await lastUpper(slopeSplitting, question, engine, 60, 1.0001 * (await relaxedBound(question))))!;
    expect(bound.method).toBe('jacobian-relaxation');
    const { value, certificate } = bound;
    expect(
      (
        await jacobianRelaxationVerifier.check(
          { value, certificate: { ...certificate } },
          contextOf(question),
          workOf(),
        )
      ).verdict,
    ).toBe('confirmed');
    for await (const other of jacobianRelaxation.run({ ...question, runnable: question.analysed }, workOf()))
      throw new Error(`The same was computed twice: ${other.value}.`);
  });

  it('holds a slope as if the unit had no other: the rows are those of any slopes with this one at its end', async () => {
    const { analysed, input, output, rules } = await regionQuestion(layered('Relu'), boxOf, 'linf', engine);
    const form = (await centreFormByRows(formExpansion({ analysed, input, output, rules })!, workOf()))!;
    const splittable = splittableForm(form, 1);
    // Every unit held at one end or the other: nothing is left to deviate, and the row is a Jacobian.
    const held = splittable.units.map(({ deviation }, k) => ({
      deviation,
      end: k % 3 === 0 ? (1 as const) : (-1 as const),
    }));
    const whole = withHeld(splittable, held);
    expect(whole.crossing.subarray(whole.arguments * whole.deviations).every((entry) => entry === 0)).toBe(true);
    // The same by following the changes of all units forward for one change of the input.
    const change = Float64Array.of(0.3, -1, 0.6);
    const [rows, deviations] = [new Float64Array(form.arguments + form.outputs), new Float64Array(form.deviations)];
    const rowOf = (row: number): number =>
      change.reduce((sum, value, i) => sum + value * form.direct[row * form.inputs + i]!, 0) +
      deviations.reduce((sum, value, k) => sum + value * form.crossing[row * form.deviations + k]!, 0);
    for (const { deviation, argument, radius } of splittable.units) {
      rows[argument] = rowOf(argument);
      deviations[deviation] = held.find((one) => one.deviation === deviation)!.end * radius * rows[argument];
    }
    const direct = whole.direct.subarray(whole.arguments * whole.inputs);
    const once = change.reduce((sum, value, i) => sum + value * direct[i]!, 0);
    const error = whole.error[whole.arguments]!;
    expect(Math.abs(once - rowOf(form.arguments + 1))).toBeLessThanOrEqual(error);
    expect(error).toBeLessThan(1e-10 * largestSizes(form, 'linf').rows[form.arguments + 1]!);
  });

  it('is proved again from the slopes that were held; from fewer, or for less, it is not', async () => {
    const question = await regionQuestion(layered('Relu'), boxOf, 'linf', engine);
    const relaxed = await relaxedBound(question);
    const { value, certificate } = (await lastUpper(slopeSplitting, question, engine, 60, 0.95 * relaxed))!;
    if (certificate.kind !== 'slope-splitting') throw new Error(certificate.kind);
    const verdict = async (claim: number, held: unknown): Promise<string> =>
      (await slopeSplittingVerifier.check({ value: claim, certificate: { kind: 'slope-splitting', held } }, contextOf(question), workOf())).verdict; // prettier-ignore
    const [first, second] = certificate.held as [number[], number[]];
    expect(first.length + second.length).toBeGreaterThan(3);
    expect(await verdict(value, [first, second])).toBe('confirmed');
    expect(await verdict(0.99 * value, [first, second])).toBe('refuted');
    expect(await verdict(value, [[-1], [-1]])).toBe('refuted');
    expect(await verdict(value, [first])).toBe('refuted');
    expect(await verdict(value, [first.slice(0, -1), second.slice(0, -1)])).toBe('refuted');
    expect(await verdict(value, [[0, 0, -1, -1, -1], second])).toBe('refuted');
    expect(await verdict(value, 'all')).toBe('refuted');
  });
});
