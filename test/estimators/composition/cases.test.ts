import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { inspect } from '../../../core/inspection/inspect.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import { lengthOf } from '../../../core/region.ts';
import type { Inspection, LipschitzInterval } from '../../../core/report/inspection.ts';
import { evaluate } from '../../soundness/plain-evaluator.ts';

const root = '../shared/cases';
const missing = !existsSync(root);
type Constants = Partial<Record<Norm, number>>;

interface MlpCase {
  readonly name: string;
  readonly dims: readonly number[];
  readonly global_exact: Constants;
  readonly product_bound?: Constants;
  readonly local?: readonly {
    readonly center: readonly number[];
    readonly eps_linf: number;
    readonly exact: Constants;
  }[];
}
interface DagCase {
  readonly name: string;
  readonly expected: {
    readonly exact?: Constants;
    readonly global_exact?: 'Infinity';
    readonly on_box_minus1_1?: Constants;
    readonly concat_rule_l2?: number;
    readonly sum_rule_upper_l2?: number;
    readonly product_if_maxmin_is_1_lipschitz_l2?: number;
  };
}

const casesIn = (kind: 'mlp' | 'dag'): readonly string[] =>
  missing
    ? []
    : readdirSync(`${root}/${kind}`)
        .filter((name) => name.endsWith('.json'))
        .map((name) => `${root}/${kind}/${name}`);
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** With patience for a busy machine: what can be closed ends as soon as it is. */
async function inspected(json: string, norm: Norm, region = 'all', budgetSeconds = 100): Promise<Inspection> {
  const file = resolve(json.replace(/\.json$/, '.onnx'));
  const request = { ...defaultRequest(file), norm, region, budgetSeconds };
  let last: Inspection | undefined;
  for await (const event of inspect(request, engine, new AbortController().signal))
    if (event.kind === 'finished') last = event.inspection;
  return last ?? expect.fail('no answer');
}

const intervalOf = (inspection: Inspection, norm: Norm): LipschitzInterval => inspection.lipschitz[norm]!;

/** The lower end recomputed in doubles from its two points by other code; inside the region. */
function recheckWitness(
  json: string,
  { lower }: LipschitzInterval,
  norm: Norm,
  box?: { center: readonly number[]; radius: number },
): void {
  expect(lower.rigor).toBe('certified');
  using file = openModelFile(resolve(json.replace(/\.json$/, '.onnx')));
  const network = readModel(file);
  const { x, y } = lower.witness!;
  const [fx, fy] = [evaluate(network, x), evaluate(network, y)];
  const apart = (a: readonly number[], b: readonly number[]): number =>
    lengthOf(
      Float64Array.from(a, (value, i) => value - b[i]!),
      norm,
    );
  const quotient = apart(fx, fy) / apart(x, y);
  // The proved value stays below the true quotient, and close to it.
  if (lower.value > 0) {
    expect(lower.value).toBeLessThanOrEqual(quotient * (1 + 1e-9));
    expect(lower.value).toBeGreaterThanOrEqual(quotient * (1 - 1e-3));
  }
  if (box === undefined) return;
  for (const point of [x, y])
    point.forEach((value, i) => {
      expect(Math.abs(value - box.center[i]!)).toBeLessThanOrEqual(box.radius * (1 + 1e-15) + 1e-15);
    });
}

describe.skipIf(missing)(
  'Multi-layer perceptrons whose constants are known (skipped where ../shared/cases is missing)',
  () => {
    it.each(casesIn('mlp'))('%s: lower end <= exact constant <= upper end <= product of exact norms', async (json) => {
      const { global_exact: exact, product_bound: product, local } = read(json) as MlpCase;
      for (const norm of norms) {
        const interval = intervalOf(await inspected(json, norm), norm);
        const truth = exact[norm]!;
        expect(interval.upper.value).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
        if (product?.[norm] !== undefined) expect(interval.upper.value).toBeLessThanOrEqual(product[norm] * 1.01);
        expect(interval.upper.value).toBeLessThanOrEqual(truth * 1.0001);
        expect(interval.lower.value).toBeLessThanOrEqual(truth * (1 + 1e-9));
        expect(interval.lower.value).toBeGreaterThanOrEqual(truth / 1.0001);
        recheckWitness(json, interval, norm);
        for (const { center, eps_linf: radius, exact: here } of local ?? []) {
          const region = `box:${center.join(',')}:${radius}`;
          const inBox = intervalOf(await inspected(json, norm, region), norm);
          expect(inBox.upper.value, region).toBeGreaterThanOrEqual(here[norm]! * (1 - 1e-9));
          expect(inBox.upper.value, region).toBeLessThanOrEqual(interval.upper.value! * (1 + 1e-9));
          expect(inBox.lower.value, region).toBeLessThanOrEqual(here[norm]! * (1 + 1e-9));
          recheckWitness(json, inBox, norm, { center, radius });
        }
      }
    });
  },
);

/** Piecewise linear, with a truth in all norms: activation regions end with it. Smooth ones are approached as long as there is time. */
const isClosed = ({ exact }: DagCase['expected']): boolean =>
  exact !== undefined && norms.every((norm) => exact[norm] !== undefined);

describe.skipIf(missing)(
  'Branching networks whose constants are known (skipped where ../shared/cases is missing)',
  () => {
    it.each(casesIn('dag'))('%s', async (json) => {
      const { expected } = read(json) as DagCase;
      for (const norm of norms) {
        if (expected.global_exact === 'Infinity') {
          const { upper } = intervalOf(await inspected(json, norm, 'all', 0.3), norm);
          expect(upper.value).toBeNull();
          expect(upper).toHaveProperty('unbounded.reason');
          continue;
        }
        const truth = expected.exact?.[norm];
        if (truth === undefined) continue;
        // Those that are never closed hold at any moment.
        const budget = isClosed(expected) ? undefined : 3;
        const { lower, upper } = intervalOf(await inspected(json, norm, 'all', budget), norm);
        expect(upper.value).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
        expect(lower.value).toBeLessThanOrEqual(truth * (1 + 1e-9));
        if (isClosed(expected)) expect(lower.value).toBeGreaterThanOrEqual(truth / 1.01);
        recheckWitness(json, { lower, upper }, norm);
        const rule = expected.concat_rule_l2 ?? expected.sum_rule_upper_l2;
        if (norm === 'l2' && rule !== undefined) expect(upper.value).toBeLessThanOrEqual(rule * 1.01);
      }
    });

    it('names the product that has no constant, and bounds it on a box', async () => {
      const square = `${root}/dag/square_mul.json`;
      const { upper } = intervalOf(await inspected(square, 'l2', 'all', 0.3), 'l2');
      expect(upper).toHaveProperty('unbounded.op', 'Mul');
      for (const norm of norms) {
        const inBox = intervalOf(await inspected(square, norm, 'box:-1,1', 1), norm);
        expect(inBox.upper.value).toBeGreaterThanOrEqual(2);
        expect(inBox.upper.value).toBeLessThanOrEqual(2 * (1 + 1e-9));
        expect(inBox.lower.value).toBeLessThanOrEqual(2);
      }
    });

    it('names the product of queries and keys in attention', async () => {
      const { upper } = intervalOf(await inspected(`${root}/dag/dot_attention_1head.json`, 'l2', 'all', 0.3), 'l2');
      expect(upper).toHaveProperty('unbounded.op', 'MatMul');
      const inBox = intervalOf(await inspected(`${root}/dag/dot_attention_1head.json`, 'l2', 'box:-1,1', 3), 'l2');
      expect(inBox.upper.value).toBeGreaterThan(inBox.lower.value);
    });
  },
);
