import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { decoded } from '../../../core/estimators/multipliers/certificate.ts';
import { diagonalMultipliers } from '../../../core/estimators/multipliers/method.ts';
import { normalForm, type NormalForm } from '../../../core/estimators/multipliers/normal-form.ts';
import { provesBound } from '../../../core/estimators/multipliers/proof.ts';
import { Replay } from '../../../core/estimators/multipliers/replay.ts';
import { provesAgain } from '../../../core/estimators/multipliers/second-proof.ts';
import { windowLaw, windowLawHolds } from '../../../core/estimators/multipliers/window-law.ts';
import { seeded } from '../../../core/estimators/witness/random.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, type NodeSketch } from '../../operators/small-networks.ts';
import { lazyEngine, workOf } from '../norms/small-maps.ts';
import { steadyWork } from './steady-work.ts';

const orders = {
  'ReLU, then pooling': [
    { op: 'Relu', inputs: ['p'], outputs: ['r'] },
    { op: 'MaxPool', inputs: ['r'], outputs: ['q'], attributes: { kernel_shape: [2, 2] } },
  ],
  'pooling, then ReLU': [
    { op: 'MaxPool', inputs: ['p'], outputs: ['r'], attributes: { kernel_shape: [2, 2] } },
    { op: 'Relu', inputs: ['r'], outputs: ['q'] },
  ],
  'pooling alone': [{ op: 'GlobalMaxPool', inputs: ['p'], outputs: ['q'] }],
} satisfies Record<string, NodeSketch[]>;

/** 3 inputs, two windows of four elements, 2 outputs. */
function pooled(order: keyof typeof orders, seed: number) {
  const random = seeded(seed);
  const first = Float64Array.from({ length: 24 }, () => Math.fround(random.normal()));
  const last = Float64Array.from({ length: 4 }, () => Math.fround(random.normal()));
  const network = networkOf({
    input: [1, 3],
    constants: {
      a: { shape: [8, 3], values: first },
      b: { shape: [2, 2], values: last },
      grid: { type: 'int64', shape: [4], values: [1, 2, 2, 2] },
      flat: { type: 'int64', shape: [2], values: [1, 2] },
    },
    nodes: [
      { op: 'Gemm', inputs: ['x', 'a'], outputs: ['h'], attributes: { transB: 1 } },
      { op: 'Reshape', inputs: ['h', 'grid'], outputs: ['p'] },
      ...orders[order],
      { op: 'Reshape', inputs: ['q', 'flat'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'b'], outputs: ['out'], attributes: { transB: 1 } },
    ],
  });
  return { network, first, last };
}

/** Over every choice of an element for each window, or of none where a ReLU stands beside. */
function largestOverChoices({ first, last }: ReturnType<typeof pooled>, floored: boolean): number {
  let largest = 0;
  const rowOf = (window: number, choice: number): number[] =>
    [0, 1, 2].map((j) => (choice === 4 ? 0 : first[(4 * window + choice) * 3 + j]!));
  for (let p = 0; p < (floored ? 5 : 4); p++)
    for (let q = 0; q < (floored ? 5 : 4); q++) {
      const rows = [rowOf(0, p), rowOf(1, q)];
      const jacobian = [0, 1].map((i) =>
        [0, 1, 2].map((j) => last[2 * i]! * rows[0]![j]! + last[2 * i + 1]! * rows[1]![j]!),
      );
      const [a, b] = jacobian as [number[], number[]];
      const inner = (u: number[], v: number[]): number => u.reduce((sum, value, k) => sum + value * v[k]!, 0);
      const [aa, ab, bb] = [inner(a, a), inner(a, b), inner(b, b)];
      largest = Math.max(largest, Math.sqrt((aa + bb) / 2 + Math.hypot((aa - bb) / 2, ab)));
    }
  return largest;
}

describe('max pooling among the multipliers', () => {
  it.each(Object.keys(orders) as (keyof typeof orders)[])(
    '%s: no choice of elements is steeper than the bound, and both proofs hold',
    async (order) => {
      const looseness: number[] = [];
      for (let seed = 1; seed <= 4; seed++) {
        const small = pooled(order, seed);
        const { runnable, analysed, input, output } = await prepare(
          small.network,
          { dims: {}, held: new Map() },
          lazyEngine,
        );
        const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
        const question = { runnable, analysed, input, output, norm: 'l2', region: { kind: 'all' }, rules } as const;
        let value = Infinity;
        let text = '';
        for await (const bound of diagonalMultipliers.run(
          { ...question, constantOf: () => Infinity },
          steadyWork(4000),
        ))
          if (bound.rigor === 'certified' && 'certificate' in bound && bound.certificate.kind === 'multipliers')
            [value, text] = [bound.value, bound.certificate.multipliers];
        const exact = largestOverChoices(small, order !== 'pooling alone');
        expect(value).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        looseness.push(value / exact);
        const form = normalForm(analysed, input, output, rules) as NormalForm;
        expect(form.units).toHaveLength(1);
        const replay = Replay.of(analysed, input, output, rules)!;
        const multipliers = decoded(text, replay.multiplierCounts)!;
        const pace = new Pace(workOf(), 'unlimited');
        expect(await provesBound(form, multipliers, value, pace)).toBe(true);
        expect(await provesAgain(replay, multipliers, value, pace)).toBe('holds');
        expect(await provesBound(form, multipliers, exact * (1 - 1e-3), pace)).toBe(false);
        expect(await provesAgain(replay, multipliers, exact * (1 - 1e-3), pace)).toBe('fails');
        // A theta outside of what the law is proved for is refused.
        if (order !== 'pooling alone') {
          const tampered = multipliers.map((own) => own.with(own.length - 1, 0.3));
          expect(await provesBound(form, tampered, 2 * value, pace)).toBe(false);
          expect(await provesAgain(replay, tampered, 2 * value, pace)).toBe('fails');
        }
      }
      looseness.sort((a, b) => a - b);
      expect(looseness[2]).toBeLessThan(1.25);
    },
  );

  it('has laws that hold for all of their vertices', () => {
    for (const count of [1, 2, 4, 9, 16, 729])
      for (const theta of [0.55, 0.7, 0.9, 0.995])
        for (const floored of [true, false]) {
          const law = windowLaw(count, floored, theta);
          expect(windowLawHolds(law, count, floored)).toBe(true);
          if (count > 1) expect(windowLawHolds({ ...law, each: law.each * 0.99 }, count, floored)).toBe(false);
        }
  });
});
