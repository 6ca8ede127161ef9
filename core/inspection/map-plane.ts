import { fileSource } from '../formats/bytes.ts';
import { readNpy } from '../formats/npy.ts';
import { principalDirections } from '../estimators/maps/principal-directions.ts';
import { seeded } from '../estimators/witness/random.ts';
import { lengthOf } from '../region.ts';
import type { MapPlane, MapRange } from '../report/map.ts';
import { RequestError } from '../sentence.ts';
import type { MapRequest } from './map-request.ts';
import { readPoint } from './points.ts';

/** The plane of a request in the input space of a model with so many inputs. */
export function planeOf(request: MapRequest, size: number): MapPlane {
  const plane = directionsOf(request, size);
  const [across, along] = request.range ?? plane.range;
  for (const [from, to] of [across, along])
    if (!Number.isFinite(from) || !Number.isFinite(to) || !(from < to))
      throw new RequestError(
        `A range from ${from} to ${to} is empty: write --range A:B,C:D with A below B and C below D.`,
      );
  return { ...plane, range: [across, along] };
}

function directionsOf(request: MapRequest, size: number): MapPlane {
  const { plane, at = 'zeros' } = request;
  switch (plane.kind) {
    case 'coordinates':
      return coordinatePlane(plane.axes, readPoint(at, size));
    case 'random': {
      const random = seeded(request.seed);
      const draw = (): Float64Array => Float64Array.from({ length: size }, () => random.normal());
      return skewPlane(
        'random',
        ['first random direction', 'second random direction'],
        readPoint(at, size),
        draw(),
        draw(),
      );
    }
    case 'principal': {
      const { rows, mean, first, second } = dataDirections(plane.data, size);
      const origin = request.at === undefined ? mean : readPoint(at, size);
      const made = skewPlane(
        'principal',
        ['first principal direction', 'second principal direction'],
        origin,
        first,
        second,
      );
      return { ...made, range: rangeAround(rows, made) };
    }
    case 'points': {
      const points = plane.points.map((text) => readPoint(text, size));
      const [a, b, c] = points as [Float64Array, Float64Array, Float64Array];
      const from = (p: Float64Array): Float64Array => p.map((value, i) => value - a[i]!);
      const made = skewPlane('points', ['towards the second point', 'towards the third point'], a, from(b), from(c));
      return { ...made, range: rangeAround(points, made) };
    }
  }
}

function coordinatePlane(axes: readonly [number, number], base: Float64Array): MapPlane {
  const [i, j] = axes;
  const size = base.length;
  for (const axis of axes)
    if (!Number.isInteger(axis) || axis < 0 || axis >= size)
      throw new RequestError(`There is no input coordinate ${axis}: the input has ${size}, counted from 0.`);
  if (i === j) throw new RequestError(`Coordinate ${i} alone spans no plane: name two different ones.`);
  const unit = (axis: number): Float64Array => new Float64Array(size).fill(1, axis, axis + 1);
  return {
    kind: 'coordinates',
    names: [`input ${i}`, `input ${j}`],
    axes,
    range: usualRange,
    origin: base.map((value, k) => (k === i || k === j ? 0 : value)),
    first: unit(i),
    second: unit(j),
  };
}

const usualRange: readonly [MapRange, MapRange] = [
  [-3, 3],
  [-3, 3],
];

/** Directions of length 1 at right angles, so that lengths in the picture are l2 lengths in the input. */
function skewPlane(
  kind: MapPlane['kind'],
  names: MapPlane['names'],
  origin: Float64Array,
  first: Float64Array,
  second: Float64Array,
): MapPlane {
  const one = unitLength(first);
  let two = unitLength(second);
  // Twice is enough (Kahan): the first pass may leave a remainder of the size of its own rounding.
  for (let pass = 0; pass < 2; pass++) {
    const shared = product(one, two);
    const rest = two.map((value, i) => value - shared * one[i]!);
    if (!(lengthOf(rest, 'l2') > 1e-10))
      throw new RequestError(
        kind === 'points'
          ? 'The three points lie on one line: choose others.'
          : 'The input has one direction only: a map needs two.',
      );
    two = unitLength(rest);
  }
  return { kind, names, axes: null, range: usualRange, origin, first: one, second: two };
}

function dataDirections(path: string, size: number) {
  using source = fileSource(path);
  const { shape, numbers } = readNpy(source);
  const count = shape[0] ?? 0;
  if (shape.length < 2 || numbers.length !== count * size)
    throw new RequestError(
      `The data in ${path} have the shape (${shape.join(', ')}): each row must have the ${size} numbers of the input.`,
    );
  if (count < 3 || !numbers.every(Number.isFinite))
    throw new RequestError(`The data in ${path} need at least three rows, all of finite numbers.`);
  const rows = Array.from({ length: count }, (_, k) => numbers.subarray(k * size, (k + 1) * size));
  return { rows, ...principalDirections(rows) };
}

/** From the lowest to the highest of the points' places in the plane, with some air. */
function rangeAround(points: readonly Float64Array[], { origin, first, second }: MapPlane): [MapRange, MapRange] {
  const along = (direction: Float64Array): MapRange => {
    const own = product(direction, origin);
    const [low, high] = points.reduce<[number, number]>(
      ([a, b], point) => {
        const place = product(direction, point) - own;
        return [Math.min(a, place), Math.max(b, place)];
      },
      [Infinity, -Infinity],
    );
    const air = 0.15 * (high - low) || 1;
    return [low - air, high + air];
  };
  return [along(first), along(second)];
}

const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function unitLength(vector: Float64Array): Float64Array {
  const length = lengthOf(vector, 'l2');
  return length > 0 ? vector.map((value) => value / length) : vector;
}
