import { expect, it } from 'vitest';
import type { Bound } from '../../../core/bound.ts';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { decoded } from '../../../core/estimators/multipliers/certificate.ts';
import { diagonalMultipliers } from '../../../core/estimators/multipliers/method.ts';
import { normalForm, type NormalForm } from '../../../core/estimators/multipliers/normal-form.ts';
import { provesBound } from '../../../core/estimators/multipliers/proof.ts';
import { Replay } from '../../../core/estimators/multipliers/replay.ts';
import { provesAgain } from '../../../core/estimators/multipliers/second-proof.ts';
import { seeded } from '../../../core/estimators/witness/random.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf } from '../../operators/small-networks.ts';
import { lazyEngine, workOf } from '../norms/small-maps.ts';
import { steadyWork } from './steady-work.ts';

const neurons = 700;

it('a matrix that is factored by blocks proves the bound and refuses what a slope pattern exceeds', async () => {
  const random = seeded(3);
  const first = Float64Array.from({ length: 3 * neurons }, () => Math.fround(random.normal()));
  const last = Float64Array.from({ length: neurons }, () => Math.fround(random.normal()));
  const network = networkOf({
    input: [1, 3],
    constants: { a: { shape: [neurons, 3], values: first }, b: { shape: [1, neurons], values: last } },
    nodes: [
      { op: 'Gemm', inputs: ['x', 'a'], attributes: { transB: 1 } },
      { op: 'Relu', inputs: ['y0'] },
      { op: 'Gemm', inputs: ['y1', 'b'], attributes: { transB: 1 } },
    ],
  });
  /** All neurons on whose path to the output goes up the first coordinate. */
  const gradient = [0, 0, 0];
  for (let k = 0; k < neurons; k++)
    if (last[k]! * first[3 * k]! > 0) for (let j = 0; j < 3; j++) gradient[j]! += last[k]! * first[3 * k + j]!;
  const reached = Math.hypot(...gradient);

  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const question = { runnable, analysed, input, output, norm: 'l2', region: { kind: 'all' }, rules } as const;
  let bound: Bound | undefined;
  for await (const one of diagonalMultipliers.run({ ...question, constantOf: () => Infinity }, steadyWork(300))) {
    bound = one;
    break;
  }
  if (bound?.rigor !== 'certified' || bound.side !== 'upper' || bound.certificate.kind !== 'multipliers')
    throw new Error('A proved bound is expected.');
  expect(bound.value).toBeGreaterThan(reached);
  const form = normalForm(analysed, input, output, rules) as NormalForm;
  const replay = Replay.of(analysed, input, output, rules)!;
  const multipliers = decoded(bound.certificate.multipliers, replay.multiplierCounts)!;
  const pace = new Pace(workOf(), 'unlimited');
  expect(await provesBound(form, multipliers, bound.value, pace)).toBe(true);
  expect(await provesAgain(replay, multipliers, bound.value, pace)).toBe('holds');
  expect(await provesBound(form, multipliers, 0.999 * reached, pace)).toBe(false);
  expect(await provesAgain(replay, multipliers, 0.999 * reached, pace)).toBe('fails');
  // The smallest bound that these multipliers prove is a sharp one.
  expect(await provesBound(form, multipliers, bound.value * (1 - 1e-4), pace)).toBe(false);
});
