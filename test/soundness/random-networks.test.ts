import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { absoluteProducts, centreExpansion } from '../../core/estimators/absolute-values/method.ts';
import { compose } from '../../core/estimators/composition/product.ts';
import { operatorNorm } from '../../core/estimators/norms/operator-norm.ts';
import { encloseNetwork, type Enclosures } from '../../core/estimators/ranges/enclose-network.ts';
import { rangesOn } from '../../core/estimators/ranges/ranges-on.ts';
import { certifiedQuotient } from '../../core/estimators/witness/certify.ts';
import { affineRule, analyse } from '../../core/inspection/layers.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { difference, pointOf } from '../operators/against-runtime.ts';
import { evaluate } from './plain-evaluator.ts';
import { jacobian, matrixNorm, networkFrom, recipes } from './recipes.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

async function certifiedUpper({ analysed, output }: PreparedNetwork, norm: Norm, boxes?: Enclosures): Promise<number> {
  const nodes = analyse(analysed, boxes);
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  const uppers = new Map<string, number>();
  for (const { node, closed } of nodes) {
    const own = closed[norm];
    if (own !== undefined) uppers.set(node.id, own.upper ?? Number.POSITIVE_INFINITY);
    const map = own === undefined ? affineRule(analysed, node)?.map : undefined;
    if (map === undefined) continue;
    for await (const interval of operatorNorm(map, norm, workOf(0.2))) {
      uppers.set(node.id, Math.min(uppers.get(node.id) ?? Infinity, interval.upper));
      if (interval.upper <= 1.1 * interval.lower) break;
    }
  }
  const { upper } = compose(analysed, output, norm, rules, (id) => uppers.get(id) ?? Number.POSITIVE_INFINITY);
  if ('unsupported' in upper) throw new Error(upper.unsupported.reason);
  return 'value' in upper ? upper.value : Number.POSITIVE_INFINITY;
}

/** The least of what all methods but the search prove about the whole space. */
async function otherUppers({ runnable, analysed, input, output }: PreparedNetwork, norm: Norm): Promise<number> {
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const constantOf = (): number => Number.POSITIVE_INFINITY;
  const question = { runnable, analysed, input, output, norm, region: { kind: 'all' }, rules, constantOf } as const;
  let least = Number.POSITIVE_INFINITY;
  for (const method of [absoluteProducts, centreExpansion])
    if (method.applies(question))
      for await (const { value } of method.run(question, workOf())) least = Math.min(least, value);
  return least;
}

describe('Random networks', () => {
  it('no quotient, no Jacobian and no proved lower end exceeds a certified upper end, everywhere and on a box', async () => {
    let bounded = 0;
    let nets = 0;
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const network = networkFrom(recipe);
        const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
        const shape = prepared.runnable.types.get('x')!.shape;
        const size = elementCount(shape);
        const box = { shape, lower: new Float64Array(size).fill(-1), upper: new Float64Array(size).fill(1) };
        const boxes = await encloseNetwork(prepared.analysed, box, workOf(), 'all');
        const bare = analyse(prepared.analysed, undefined);
        const anywhere = await rangesOn(prepared.analysed, prepared.input, { kind: 'all' }, bare, workOf());
        const [a, b] = [pointOf(size, recipe.seed), pointOf(size, recipe.seed + 1)];
        const near = a.map((value, i) => Math.max(-1, Math.min(1, value + 1e-3 * b[i]!)));
        const matrix = jacobian(network, a);
        nets++;
        for (const norm of norms) {
          const everywhere = Math.min(
            await certifiedUpper(prepared, norm),
            await certifiedUpper(prepared, norm, anywhere),
          );
          const inside = await certifiedUpper(prepared, norm, boxes);
          const others = await otherUppers(prepared, norm);
          if (Number.isFinite(everywhere)) bounded++;
          expect(inside).toBeLessThan(Number.POSITIVE_INFINITY);
          const least = Math.min(everywhere, inside, others);
          for (const y of [b, near]) {
            const moved = lengthOf(
              difference(Float64Array.from(evaluate(network, a)), Float64Array.from(evaluate(network, y))),
              norm,
            );
            const distance = lengthOf(difference(a, y), norm);
            expect(moved, `${norm} quotient`).toBeLessThanOrEqual(least * distance * (1 + 1e-9) + 1e-12);
            const proved = await certifiedQuotient(
              prepared.runnable,
              prepared.output,
              { x: [...a], y: [...y] },
              norm,
              workOf(),
            );
            expect(proved, 'every network here can be enclosed').toBeDefined();
            expect(proved!, 'a proved lower end').toBeLessThanOrEqual(least);
            expect(proved!).toBeLessThanOrEqual((moved / distance) * (1 + 1e-9) + 1e-9);
            expect(proved!).toBeGreaterThanOrEqual((moved / distance) * (1 - 1e-4) - 1e-7);
          }
          expect(matrixNorm(matrix, norm), `${norm} norm of the Jacobian`).toBeLessThanOrEqual(
            least * (1 + 1e-6) + 1e-7,
          );
        }
      }),
      { numRuns: 200, seed: 7, endOnFailure: true },
    );
    console.info(`${nets} random networks, ${bounded} of ${3 * nets} global constants finite`);
    expect(bounded).toBeGreaterThan(nets);
  });
});
