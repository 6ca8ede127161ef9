import fc from 'fast-check';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { boundMethods } from '../../core/estimators/conductor/methods.ts';
import { certifiedQuotient } from '../../core/estimators/witness/certify.ts';
import type { Region } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { pointOf } from '../operators/against-runtime.ts';
import { attackedNetwork, attackedRecipes, type AttackedRecipe } from './attacked-networks.ts';
import { lastUpper, regionQuestion } from './region-question.ts';
import { steepestPairs } from './steepest-pairs.ts';

export interface RegionCase {
  readonly recipe: AttackedRecipe;
  readonly norm: Norm;
  readonly kind: 'box' | Norm;
  /** On kinks (the origin, where biases are zero), at a point, and far out. */
  readonly where: 'origin' | 'near' | 'far';
  /** Power of ten, times the scale of the input; of minus infinity, 0: a single point. */
  readonly radius: number;
  /** Sides of a box that have no length. */
  readonly flat: number;
}

export const regionCases = fc.record<RegionCase>({
  recipe: attackedRecipes,
  norm: fc.constantFrom(...norms),
  kind: fc.constantFrom('box', 'box', ...norms),
  where: fc.constantFrom('origin', 'near', 'near', 'far'),
  radius: fc.constantFrom(Number.NEGATIVE_INFINITY, -12, -6, -2, -1, -0.5, 0, 1),
  flat: fc.constantFrom(0, 0, 0, 1, 2),
});

function regionOf({ recipe, kind, where, radius: exponent, flat }: RegionCase, size: number): Region {
  const scale = 10 ** recipe.inputScale;
  const far = { origin: 0, near: 1, far: 1000 }[where];
  const center = pointOf(size, recipe.seed).map((value) => scale * far * value);
  const radius = scale * 10 ** exponent;
  if (kind !== 'box') return { kind: 'ball', norm: kind, center, radius };
  const side = (i: number): number => (i < flat ? 0 : radius);
  return {
    kind: 'box',
    lower: center.map((value, i) => value - side(i)),
    upper: center.map((value, i) => value + side(i)),
  };
}

/** What each method proves about a case, and the steepest pair whose quotient is proved. */
export interface Attacked {
  readonly proved: ReadonlyMap<string, number>;
  readonly quotient: number;
}

export async function attacked(one: RegionCase, engine: Engine, seconds: number): Promise<Attacked> {
  const { recipe, norm } = one;
  const network = attackedNetwork(recipe);
  const question = await regionQuestion(network, (size) => regionOf(one, size), norm, engine);
  const { runnable, output, region } = question;
  const proved = new Map<string, number>();
  for (const method of boundMethods.filter((candidate) => candidate.applies(question))) {
    const bound = await lastUpper(method, question, engine, seconds);
    if (bound !== undefined) proved.set(method.name, bound.value);
  }
  let quotient = 0;
  for (const { x, y } of steepestPairs(network, region, norm, recipe.seed))
    quotient = Math.max(quotient, (await certifiedQuotient(runnable, output, { x: [...x], y: [...y] }, norm, workOf())) ?? 0); // prettier-ignore
  return { proved, quotient };
}
