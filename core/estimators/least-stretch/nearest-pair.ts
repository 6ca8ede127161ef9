import type { Norm, Witness } from '../../bound.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import { lengthOf, moveInside, type Region } from '../../region.ts';
import { above, below, gamma } from '../../rounding.ts';
import type { Forward } from '../witness/forward.ts';
import { seeded, type Random } from '../witness/random.ts';

/** Beyond this many inputs Jacobians by differences are too dear: random directions then. */
const mostInputs = 128;
const rounds = 60;
const pairsInARound = 16;
const scales = [0.3, 1, 3, 30];

export interface NearPair {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly quotient: number;
}

/**
 * Pairs of points whose images lie close together beside the points, better and better: random ones, and steps along the direction in which the
 * Jacobian (by differences) is shortest. As the engine computed them, not yet proved.
 */
export async function* nearPairs(forward: Forward, region: Region, norm: Norm, work: Work): AsyncGenerator<NearPair> {
  const random = seeded(1);
  const { inputs } = forward;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && (round === 0 || work.remainingSeconds() > 0); round++) {
    await work.breathe();
    const x = pointIn(region, inputs, scales[round % scales.length]!, random);
    const directions: Float64Array[] = Array.from({ length: pairsInARound }, () =>
      Float64Array.from({ length: inputs }, () => random.normal()),
    );
    if (inputs <= mostInputs) directions.push(await shortest(forward, region, x, work));
    const ends = directions.flatMap((direction) =>
      [1e-2, 0.3, 3].map((far) => moveInside(region, moved(x, direction, far * reachOf(region, x)))),
    );
    const [own, ...images] = await forward.evaluate([x, ...ends]);
    for (const [k, image] of images.entries()) {
      const distance = lengthOf(difference(x, ends[k]!), norm);
      const quotient = lengthOf(difference(own!, image), norm) / distance;
      if (!(distance > 0 && quotient < best)) continue;
      best = quotient;
      yield { x, y: ends[k]!, quotient };
    }
  }
}

/** An upper end of |f(x) - f(y)| / |x - y| from the enclosed images. */
export function quotientAbove({ x, y }: Witness, fx: Enclosure, fy: Enclosure, norm: Norm): number {
  const apart = Float64Array.from(fx.lower, (_, i) =>
    above(Math.max(Math.abs(fx.upper[i]! - fy.lower[i]!), Math.abs(fy.upper[i]! - fx.lower[i]!))),
  );
  const distance = Float64Array.from(x, (value, i) => Math.max(0, below(Math.abs(value - y[i]!))));
  const longest = above(lengthOf(apart, norm) * (1 + gamma(apart.length + 8)));
  return above(longest / below(lengthOf(distance, norm) * (1 - gamma(distance.length + 8))));
}

/** The direction that is shortened most in l2, which is a good one in the other norms as well: the largest of trace(J'J) I - J'J. */
async function shortest(forward: Forward, region: Region, x: Float64Array, work: Work): Promise<Float64Array> {
  const n = forward.inputs;
  const step = 1e-3 * reachOf(region, x);
  const ends = Array.from({ length: n }, (_, j) => x.map((value, i) => (i === j ? value + step : value)));
  const [own, ...images] = await forward.evaluate([x, ...ends]);
  const columns = images.map((image) => image.map((value, i) => (value - own![i]!) / step));
  const trace = columns.reduce((sum, column) => sum + lengthOf(column, 'l2') ** 2, 0);
  const apply = (v: Float64Array): Float64Array => {
    const image = new Float64Array(own!.length);
    columns.forEach((column, j) => column.forEach((value, i) => (image[i]! += value * v[j]!)));
    return Float64Array.from(
      columns,
      (column, j) => trace * v[j]! - column.reduce((sum, value, i) => sum + value * image[i]!, 0),
    );
  };
  const options = { steps: Math.min(200, 4 * n), tolerance: 1e-12, cost: n * own!.length };
  return (await largestEigenpair(apply, seededVector(n, 1), options, new Pace(work, 'unlimited'))).vector;
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);

function moved(x: Float64Array, direction: Float64Array, far: number): Float64Array {
  const length = lengthOf(direction, 'l2');
  return length > 0 ? x.map((value, i) => Math.fround(value + (far * direction[i]!) / length)) : x;
}

const reachOf = (region: Region, x: Float64Array): number =>
  region.kind === 'all' ? Math.max(1, lengthOf(x, 'linf')) : region.kind === 'ball' ? region.radius : widest(region);

const widest = ({ lower, upper }: Extract<Region, { kind: 'box' }>): number =>
  lower.reduce((most, low, i) => Math.max(most, upper[i]! - low), 0);

function pointIn(region: Region, size: number, scale: number, random: Random): Float64Array {
  if (region.kind === 'box') return region.lower.map((low, i) => low + random.uniform() * (region.upper[i]! - low));
  const center = region.kind === 'ball' ? region.center : new Float64Array(size);
  const wide = region.kind === 'ball' ? region.radius : scale;
  return moveInside(
    region,
    center.map((value) => Math.fround(value + wide * random.normal())),
  );
}
