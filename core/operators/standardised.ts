import { above, gamma } from '../rounding.ts';
import { standardGroups } from './ellipsoids.ts';
import type { Enclosure } from './enclosure.ts';
import { minus, over, plus, square, times, type Interval } from './interval.ts';

/** What is known of the spread of every group in a box: nothing where no entry has an end. */
export const spreadIn = (
  box: Enclosure | undefined,
  size: number,
  least: (lower: Float64Array, upper: Float64Array, size: number) => number,
): { readonly spread?: number } =>
  box === undefined || (box.lower.every((end) => end === -Infinity) && box.upper.every((end) => end === Infinity))
    ? {}
    : { spread: least(box.lower, box.upper, size) };

/**
 * A lower bound for the variance of every group anywhere in the box. n times the variance is the least g(m) = sum of (x_i - m)^2, so over
 * the box it is the least g(m) = sum of squared distances of m from the intervals, which is convex: g is at least what its tangent says.
 */
export function leastVariance(lower: Float64Array, upper: Float64Array, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start < lower.length; start += size) {
    let from = Number.POSITIVE_INFINITY;
    let to = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + size; i++) {
      from = Math.min(from, upper[i]!);
      to = Math.max(to, lower[i]!);
    }
    // All intervals have a point in common, or nothing is known of them.
    if (!(from < to) || !Number.isFinite(to - from)) return 0;
    // The minimum lies between the least upper and the largest lower end.
    const [first, last] = [from, to];
    for (let step = 0; step < 40; step++) {
      const middle = from + (to - from) / 2;
      if (slopeAt(lower, upper, start, size, middle) < 0) from = middle;
      else to = middle;
    }
    let distances = 0;
    for (let i = start; i < start + size; i++) distances += Math.max(lower[i]! - from, from - upper[i]!, 0) ** 2;
    const error = gamma(size + 8);
    const width = last - first;
    // Each of n distances is at most the width, and rounded to a unit of what it is the difference of.
    const scale = Math.max(Math.abs(first), Math.abs(last), width);
    const slope = Math.abs(slopeAt(lower, upper, start, size, from)) + 2 * error * size * scale;
    const sum = distances * (1 - error) - 4 * error * size * scale * width - slope * width;
    least = Math.min(least, (Math.max(0, sum) / size) * (1 - 1e-14));
  }
  return Number.isFinite(least) ? least : 0;
}

/** Of the sum of squared distances of m from the intervals. */
function slopeAt(lower: Float64Array, upper: Float64Array, start: number, size: number, m: number): number {
  let slope = 0;
  for (let i = start; i < start + size; i++) slope += 2 * (Math.max(m - upper[i]!, 0) - Math.max(lower[i]! - m, 0));
  return slope;
}

function average(count: number, at: (i: number) => Interval): Interval {
  let sum: Interval = [0, 0];
  for (let i = 0; i < count; i++) sum = plus(sum, at(i));
  return over(sum, [count, count])!;
}

/** The least mean of the squares of a group. */
export function leastMeanSquare(lower: Float64Array, upper: Float64Array, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start < lower.length; start += size) {
    let sum = 0;
    for (let i = start; i < start + size; i++) sum += square([lower[i]!, upper[i]!])[0];
    least = Math.min(least, (sum * (1 - (size + 8) * 2 ** -52)) / size);
  }
  return Number.isFinite(least) ? Math.max(0, least) : 0;
}

/** Entries of a group without their mean. */
function deviationsOf(
  { lower, upper }: Pick<Enclosure, 'lower' | 'upper'>,
  group: number,
  size: number,
  by: 'variance' | 'mean square',
): (entry: number) => Interval {
  const at = (i: number): Interval => [lower[group * size + i]!, upper[group * size + i]!];
  if (by === 'mean square') return at;
  const center = average(size, at);
  return (i) => minus(at(i), center);
}

function rootAround(deviation: (entry: number) => Interval, size: number, epsilon: number): Interval {
  const spread = average(size, (i) => square(deviation(i)));
  return [Math.sqrt(Math.max(0, spread[0]) + epsilon) * (1 - 1e-15), above(Math.sqrt(spread[1] + epsilon))];
}

/** What the entries of a group are divided by; the variance by its tangent as well, which knows that deviations go together. */
export function rootOf(
  box: Pick<Enclosure, 'lower' | 'upper'>,
  group: number,
  size: number,
  epsilon: number,
  by: 'variance' | 'mean square',
): Interval {
  const [low, high] = rootAround(deviationsOf(box, group, size, by), size, epsilon);
  if (by === 'mean square') return [low, high];
  const [start, end] = [group * size, (group + 1) * size];
  const least = leastVariance(box.lower.subarray(start, end), box.upper.subarray(start, end), size);
  return [Math.max(low, Math.sqrt(least + epsilon) * (1 - 1e-15)), high];
}

/**
 * Encloses (x - mean) / sqrt(variance + epsilon), or x / sqrt(mean square + epsilon), of groups that lie one after the other, scaled and
 * shifted by what `scaling` says of an entry.
 */
export function encloseStandardised(
  { shape, lower: from, upper: to }: Enclosure,
  size: number,
  epsilon: number,
  by: 'variance' | 'mean square',
  scaling: (group: number, entry: number) => readonly [weight: number, bias: number],
): Enclosure {
  const lower = new Float64Array(from.length);
  const upper = lower.slice();
  // Whatever the input, no entry exceeds the root of n, or of n - 1 behind a mean (Samuelson): intervals alone forget that deviation and
  // variance go together.
  const limit = above(Math.sqrt(by === 'variance' ? size - 1 : size));
  for (let r = 0; r < from.length / size; r++) {
    const deviation = deviationsOf({ lower: from, upper: to }, r, size, by);
    const root = rootAround(deviation, size, epsilon);
    for (let i = 0; i < size; i++) {
      const [w, b] = scaling(r, i);
      const [lo, hi] = over(deviation(i), root) ?? [-limit, limit];
      const inside: Interval = [lo > -limit ? Math.min(lo, limit) : -limit, hi < limit ? Math.max(hi, -limit) : limit];
      [lower[r * size + i], upper[r * size + i]] = plus(times(inside, [w, w]), [b, b]) as [number, number];
    }
  }
  const ellipsoids = standardGroups({ lower, upper }, size, scaling);
  return { shape, lower, upper, ...(ellipsoids === undefined ? {} : { ellipsoids }) };
}
