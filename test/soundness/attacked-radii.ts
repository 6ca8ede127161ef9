import fc from 'fast-check';
import type { Engine } from '../../core/compute/engine.ts';
import { certifiedRadius } from '../../core/inspection/certified-radius.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { lengthOf, moveInside, type Region } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { difference, pointOf } from '../operators/against-runtime.ts';
import { attackedNetwork, attackedRecipes, inputCount, type AttackedRecipe } from './attacked-networks.ts';
import { evaluate } from './plain-evaluator.ts';

export interface RadiusCase {
  readonly recipe: AttackedRecipe;
  readonly norm: 'l2' | 'linf';
  /** In units of the input's scale: on kinks, at a point, far out. */
  readonly where: 0 | 1 | 1000;
}

export const radiusCases = fc.record<RadiusCase>({
  recipe: attackedRecipes,
  norm: fc.constantFrom('l2', 'linf'),
  where: fc.constantFrom(0, 1, 1, 1000),
});

export interface AttackedRadius {
  readonly global: number;
  readonly local: number;
  /** How far the nearest point that was found and is decided otherwise lies, infinite where none was found. */
  readonly nearest: number;
}

/** A certified radius, and the nearest point that brute force finds on the other side. undefined where no radius is promised. */
export async function attackedRadius(
  { recipe, norm, where }: RadiusCase,
  engine: Engine,
): Promise<AttackedRadius | undefined> {
  const network = attackedNetwork(recipe);
  const point = pointOf(inputCount(recipe), recipe.seed).map((value) => where * 10 ** recipe.inputScale * value);
  const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
  const outputs = evaluate(network, point);
  const decision = outputs.length === 1 ? Number(outputs[0]! > 0) : outputs.indexOf(Math.max(...outputs));
  const radius = await certifiedRadius(prepared, point, decision, norm, { ...workOf(2), engine });
  if (radius === null) return undefined;
  if (elementCount(prepared.analysed.types.get(prepared.input)!.shape) !== point.length) throw new Error('Not this input.'); // prettier-ignore
  const within = Math.max(radius.local, radius.global);
  const nearest = within > 0 ? nearestOther(network, point, decision, norm, within, recipe.seed) : Infinity;
  return { ...radius, nearest };
}

/** By how much the decision leads its best rival. */
function leadAt(network: Network, point: Float64Array, decision: number): number {
  const outputs = evaluate(network, point);
  if (outputs.length === 1) return decision === 1 ? outputs[0]! : -outputs[0]!;
  return outputs[decision]! - Math.max(...outputs.filter((_, k) => k !== decision));
}

/** Downhill on the lead within the certified ball, from several places on its border, by differences. */
function nearestOther(
  network: Network,
  center: Float64Array,
  decision: number,
  norm: 'l2' | 'linf',
  radius: number,
  seed: number,
): number {
  const ball: Region = { kind: 'ball', norm, center, radius };
  let nearest = Infinity;
  for (let start = 0; start < 4; start++) {
    const offset = pointOf(center.length, seed + start).map((value) => 2 * radius * value);
    let current = moveInside(ball, center.map((value, i) => value + offset[i]!)); // prettier-ignore
    for (let step = radius; step > 1e-3 * radius; step *= 0.6) {
      const lead = leadAt(network, current, decision);
      if (lead < 0) nearest = Math.min(nearest, lengthOf(difference(current, center), norm));
      const slope = current.map((value, i) => {
        const far = current.slice();
        far[i] = value + 1e-3 * radius;
        return leadAt(network, far, decision) - lead;
      });
      const length = norm === 'l2' ? Math.hypot(...slope) : 1;
      if (!(length > 0)) break;
      const along = norm === 'l2' ? slope.map((value) => value / length) : slope.map(Math.sign);
      current = moveInside(ball, current.map((value, i) => value - step * along[i]!)); // prettier-ignore
    }
  }
  return nearest;
}
