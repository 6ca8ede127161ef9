import { above, gamma } from '../rounding.ts';
import type { Enclosure } from './enclosure.ts';

/**
 * What a box forgets: groups of elements that are not all large at once. The elements i of group g satisfy sum ((x_i - c_i) / s_i)^2 <= r_g^2, with c_i
 * anywhere between its two ends, and x_i = c_i where s_i is 0. A normalisation makes them: divided by the root of its mean square, a row has at most the length sqrt(n).
 */
export interface Ellipsoids {
  /** By element: its group. */
  readonly groups: Int32Array;
  readonly scales: Float64Array;
  readonly radii: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/**
 * The groups that consecutive elements form where each is the image s z + c of a group z of length at most sqrt(n); undefined where the box says as much: narrow boxes know more of
 * single elements.
 */
export function standardGroups(
  { lower, upper }: Pick<Enclosure, 'lower' | 'upper'>,
  size: number,
  scaling: (group: number, entry: number) => readonly [weight: number, bias: number],
): Ellipsoids | undefined {
  const count = lower.length / size;
  const pairs = Array.from({ length: lower.length }, (_, i) => scaling(Math.floor(i / size), i % size));
  const scales = Float64Array.from(pairs, ([weight]) => Math.abs(weight));
  const biases = Float64Array.from(pairs, ([, bias]) => bias);
  let [box, ball] = [0, 0];
  for (let i = 0; i < lower.length; i++) {
    box += (upper[i]! - lower[i]!) / 2;
    ball += scales[i]!;
  }
  // Half widths of 1.25 sum over a row to what Cauchy and Schwarz make of its length, for weights at random.
  if (!(box > 0.6 * ball)) return undefined;
  return {
    groups: Int32Array.from({ length: lower.length }, (_, i) => Math.floor(i / size)),
    scales,
    radii: new Float64Array(count).fill(above(Math.sqrt(size))),
    lower: biases,
    upper: biases,
  };
}

/** What ellipsoids say of some vectors of as many elements each: they lie around one centre, give or take. */
export interface Around {
  /** The largest distance of any of them from the centre, in l2, and how long that is itself. */
  readonly distance: number;
  readonly centre: number;
}

/** `places` are the elements of each vector. */
export function around({ ellipsoids }: Enclosure, places: readonly (readonly number[])[]): Around | undefined {
  const first = places[0];
  if (ellipsoids === undefined || first === undefined) return undefined;
  const { groups, scales, radii } = ellipsoids;
  let distance = 0;
  for (const vector of places) {
    let [scale, square] = [0, 0];
    for (const at of vector) scale = Math.max(scale, scales[at]!);
    for (const group of new Set(vector.map((at) => groups[at]!))) square += radii[group]! ** 2;
    distance = Math.max(distance, above(scale * Math.sqrt(square)));
  }
  let [apart, length] = [0, 0];
  for (const k of first.keys()) {
    const low = places.reduce((least, vector) => Math.min(least, ellipsoids.lower[vector[k]!]!), Infinity);
    const high = places.reduce((most, vector) => Math.max(most, ellipsoids.upper[vector[k]!]!), -Infinity);
    const middle = low + (high - low) / 2;
    apart += Math.max(high - middle, middle - low) ** 2;
    length += middle ** 2;
  }
  // Sums of so many squares, rounded.
  const error = 1 + gamma(first.length + places.length + 16);
  return { distance: above((distance + Math.sqrt(apart)) * error), centre: above(Math.sqrt(length) * error) };
}

/** Rows that are mixtures of the vectors, whose elements are `places`: of each as many as `rows`, one after the other. */
export function mixtures(ellipsoids: Ellipsoids, places: readonly (readonly number[])[], rows: number): Ellipsoids {
  const width = places[0]!.length;
  const radius = places.reduce((most, vector) => {
    const square = [...new Set(vector.map((at) => ellipsoids.groups[at]!))].reduce((sum, g) => sum + ellipsoids.radii[g]! ** 2, 0); // prettier-ignore
    return Math.max(most, above(Math.sqrt(square) * (1 + gamma(vector.length + 4))));
  }, 0);
  const over = (numbers: Float64Array, pick: (a: number, b: number) => number): Float64Array =>
    Float64Array.from({ length: width * rows }, (_, i) => places.map((vector) => numbers[vector[i % width]!]!).reduce((a, b) => pick(a, b))); // prettier-ignore
  return {
    groups: Int32Array.from({ length: width * rows }, (_, i) => Math.floor(i / width)),
    scales: over(ellipsoids.scales, Math.max),
    radii: new Float64Array(rows).fill(radius),
    lower: over(ellipsoids.lower, Math.min),
    upper: over(ellipsoids.upper, Math.max),
  };
}

/** One after the other. */
export function concatenated(parts: readonly Ellipsoids[]): Ellipsoids {
  let before = 0;
  const groups = parts.flatMap(({ groups: own, radii }) => {
    const shifted = Array.from(own, (group) => group + before);
    before += radii.length;
    return shifted;
  });
  const all = (of: (part: Ellipsoids) => Float64Array): Float64Array => Float64Array.from(parts.flatMap((part) => [...of(part)])); // prettier-ignore
  return {
    groups: Int32Array.from(groups),
    scales: all(({ scales }) => scales),
    radii: all(({ radii }) => radii),
    lower: all(({ lower }) => lower),
    upper: all(({ upper }) => upper),
  };
}
