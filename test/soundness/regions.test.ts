import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { centreFormByColumns } from '../../core/estimators/centre-form/by-columns.ts';
import { centreFormByRows } from '../../core/estimators/centre-form/by-rows.ts';
import { formExpansion } from '../../core/estimators/centre-form/question.ts';
import { jacobianRelaxation } from '../../core/estimators/jacobian-relaxation/method.ts';
import { localMultipliers } from '../../core/estimators/local-multipliers/method.ts';
import { expansionValue } from '../../core/estimators/local-expansion/value.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { rangesOn } from '../../core/estimators/ranges/ranges-on.ts';
import { relaxedRanges } from '../../core/estimators/relaxation/relaxed-ranges.ts';
import { analyse, withRanges } from '../../core/inspection/layers.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { lengthOf, moveInside, type Region } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { difference, pointOf } from '../operators/against-runtime.ts';
import { evaluate } from './plain-evaluator.ts';
import { jacobian, matrixNorm, networkFrom, recipes } from './recipes.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const kinds = ['box', 'l1', 'l2', 'linf'] as const;

function regionAround(kind: (typeof kinds)[number], center: Float64Array, radius: number): Region {
  if (kind === 'box')
    return { kind: 'box', lower: center.map((value) => value - radius), upper: center.map((value) => value + radius) };
  return { kind: 'ball', norm: kind, center, radius };
}

/** Points of the region, most of them on its border. */
const pointsOf = (region: Region, center: Float64Array, radius: number, seed: number): Float64Array[] =>
  Array.from({ length: 6 }, (_, k) => {
    const offset = pointOf(center.length, seed + k);
    const signs = offset.map(Math.sign);
    const step = k % 2 === 0 ? signs : offset;
    const far = k === 0 ? 0 : k === 5 ? 0.3 * radius : 2 * radius;
    return moveInside(
      region,
      center.map((value, i) => value + far * step[i]!),
    );
  });

describe('Random networks on regions', () => {
  it('no value leaves a relaxed range, and no Jacobian or quotient exceeds the expansion, which is the same by rows and by columns', async () => {
    let [narrower, improved] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        recipes,
        fc.constantFrom(...kinds),
        fc.constantFrom(0.01, 0.1, 0.5),
        async (recipe, kind, radius) => {
          const network = networkFrom(recipe);
          const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
          const { analysed, input, output } = prepared;
          const { shape } = prepared.runnable.types.get('x')!;
          const center = pointOf(elementCount(shape), recipe.seed);
          const region = regionAround(kind, center, radius);
          const bare = analyse(analysed, undefined);
          const intervals = (await rangesOn(analysed, input, region, bare, workOf()))!;
          const ranged = withRanges(analysed, bare, intervals);
          const boxes = (await relaxedRanges(analysed, input, region, ranged, intervals, workOf()))!;
          const points = pointsOf(region, center, radius, recipe.seed + 5);
          for (const point of points) {
            const images = await encloseNetwork(analysed, { shape, lower: point, upper: point }, workOf(), 'all');
            for (const [name, { lower, upper }] of images) {
              const box = boxes.get(name)!;
              for (let i = 0; i < lower.length; i++) {
                expect(box.lower[i]!, `${name}[${i}] from below`).toBeLessThanOrEqual(upper[i]!);
                expect(box.upper[i]!, `${name}[${i}] from above`).toBeGreaterThanOrEqual(lower[i]!);
              }
            }
          }
          const width = (box: { lower: Float64Array; upper: Float64Array }): number =>
            box.upper.reduce((sum, high, i) => sum + high - box.lower[i]!, 0);
          for (const [name, box] of intervals) if (width(boxes.get(name)!) < 0.99 * width(box)) narrower++;

          const rules = new Map(withRanges(analysed, ranged, boxes).map(({ node, rule }) => [node.id, rule]));
          const expansion = formExpansion({ analysed, input, output, rules });
          if (expansion === undefined) return;
          const form = (await centreFormByRows(expansion, workOf()))!;
          const again = await centreFormByColumns(expansion, workOf());
          form.direct.forEach((value, i) => expect(again.direct[i]!).toBeCloseTo(value, 8));
          form.crossing.forEach((value, i) => expect(again.crossing[i]!).toBeCloseTo(value, 8));
          for (const norm of norms) {
            const expanded = await expansionValue(form, norm, workOf());
            expect(await expansionValue(again, norm, workOf())).toBeCloseTo(expanded, 6);
            const question = { ...prepared, region, norm, rules, constantOf: (): number => Number.POSITIVE_INFINITY };
            let bound = expanded;
            for (const method of [localMultipliers, jacobianRelaxation].filter((one) => one.applies(question)))
              for await (const { value } of method.run(question, workOf(10))) bound = Math.min(bound, value);
            if (bound < 0.99 * expanded) improved++;
            for (const point of points.filter((_, k) => k === 0 || k === 5))
              expect(matrixNorm(jacobian(network, point), norm)).toBeLessThanOrEqual(bound * (1 + 1e-6) + 1e-6);
            for (const [k, point] of points.entries()) {
              const other = points[(k + 1) % points.length]!;
              const [from, to] = [evaluate(network, point), evaluate(network, other)];
              const moved = lengthOf(difference(Float64Array.from(from), Float64Array.from(to)), norm);
              const distance = lengthOf(difference(point, other), norm);
              expect(moved, `${norm} quotient`).toBeLessThanOrEqual(bound * distance * (1 + 1e-9) + 1e-12);
            }
          }
        },
      ),
      { numRuns: Number(process.env['LIPSCHITZ_RUNS'] ?? 25), seed: 11, endOnFailure: true },
    );
    expect(narrower).toBeGreaterThan(10);
    expect(improved).toBeGreaterThan(2);
  });
});
