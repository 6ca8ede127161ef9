import type { Norm } from '../../core/bound.ts';
import type { Network } from '../../core/network/network.ts';
import { boxAround, lengthOf, moveInside, type Region } from '../../core/region.ts';
import { difference } from '../operators/against-runtime.ts';
import { evaluate } from './plain-evaluator.ts';

export interface Pair {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly quotient: number;
}

/** A seeded sequence in [0, 1). */
function sequence(seed: number): () => number {
  let state = (seed * 2654435761 + 97) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Where a network is steepest on a region, by brute force in doubles: points of all parts of the region, its corners and its centre, steps of all lengths in
 * sparse, dense and signed directions, and from the best pairs of each length random moves uphill. The best pair of each length.
 */
export function steepestPairs(network: Network, region: Region, norm: Norm, seed: number, moves = 150): Pair[] {
  const random = sequence(seed);
  const box = boxAround(region)!;
  const widths = box.lower.map((low, i) => box.upper[i]! - low);
  const centre = moveInside(region, box.lower.map((low, i) => low + widths[i]! / 2)); // prettier-ignore
  const direction = (): Float64Array => {
    const kind = random();
    const only = Math.floor(random() * widths.length);
    return widths.map((width, i) => {
      const value = 2 * random() - 1;
      return width * (kind < 0.3 ? Math.sign(value) : kind < 0.6 ? Number(i === only) : value);
    });
  };
  const moved = (point: Float64Array, along: Float64Array, far: number): Float64Array =>
    moveInside(region, point.map((value, i) => value + far * along[i]!)); // prettier-ignore
  const images = new WeakMap<Float64Array, Float64Array>();
  const image = (point: Float64Array): Float64Array => {
    const known = images.get(point) ?? Float64Array.from(evaluate(network, point));
    images.set(point, known);
    return known;
  };
  const measured = (x: Float64Array, y: Float64Array): Pair => {
    const distance = lengthOf(difference(x, y), norm);
    const far = lengthOf(difference(image(x), image(y)), norm);
    return { x, y, quotient: distance > 0 ? far / distance : 0 };
  };
  return [1, 1e-2, 1e-4, 1e-6].map((step) => {
    let best = measured(centre, moved(centre, direction(), step));
    const consider = (pair: Pair): void => {
      if (pair.quotient > best.quotient) best = pair;
    };
    for (let k = 0; k < 40; k++) {
      const x = k === 0 ? centre : moved(centre, direction(), random() < 0.5 ? 1 : random());
      consider(measured(x, moved(x, direction(), step * random())));
    }
    for (let k = 0; k < moves; k++) {
      const x = moved(best.x, direction(), 10 ** (-6 * random()));
      const y = random() < 0.5 ? moved(x, difference(best.y, best.x).map((value, i) => value / (widths[i]! || 1)).map((value, i) => value * widths[i]!), 1) : moved(x, direction(), step * random()); // prettier-ignore
      consider(measured(x, y));
    }
    return best;
  });
}
