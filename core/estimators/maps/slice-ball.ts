import type { Norm } from '../../bound.ts';
import { gamma } from '../../rounding.ts';
import type { MapPlane } from '../../report/map.ts';

/**
 * The steps (a, b) within the plane whose length |a first + b second| is at most 1. In l1 and linf they form a polygon, and so a
 * Jacobian's norm on the plane is the largest of its stretches of the corners. In l2, and on two coordinates in any norm, they form the
 * unit ball itself, and the norm is the usual one of a matrix with two columns.
 */
export type SliceBall =
  | {
      readonly kind: 'usual';
      /** Squares of lengths in the plane's coordinates and in the input may differ by so much, relatively. */
      readonly distortion: number;
    }
  /** One of each pair of opposite corners, a and b in turn. */
  | {
      readonly kind: 'polygon';
      readonly corners: Float64Array;
      /** The polygon, enlarged by this factor, is sure to hold the ball; infinite where rounding does not let that be proved. */
      readonly factor: number;
    };

/** Their own rounding, in well-separated directions, is some 1e-16. */
const outward = 1 + 1e-10;
const slack = 1 + 1e-13;

export function sliceBall({ axes, first, second }: MapPlane, norm: Norm): SliceBall {
  if (axes !== null) return { kind: 'usual', distortion: 0 };
  if (norm === 'l2') return { kind: 'usual', distortion: distortionOf(first, second) };
  const found = norm === 'linf' ? cornersOfLargest(first, second) : cornersOfSum(first, second);
  const corners = Float64Array.from(found.flatMap(({ corner }) => corner));
  // Every side of the enlarged polygon lies beyond a line that no step of length 1 crosses.
  const proved = found.every(({ beyond: [p, q] }, k) => {
    const next = (k + 1) % found.length;
    const reach = (i: number): number => outward * (p * corners[2 * i]! + q * corners[2 * i + 1]!);
    return reach(k) >= slack && (next === 0 ? -1 : 1) * reach(next) >= slack;
  });
  return { kind: 'polygon', corners, factor: proved ? outward : Infinity };
}

/** |a first + b second|^2 is between (1 - e)(a^2 + b^2) and (1 + e)(a^2 + b^2), e being what the Gram matrix differs from 1 by. */
function distortionOf(first: Float64Array, second: Float64Array): number {
  let [one, two, both] = [0, 0, 0];
  for (let i = 0; i < first.length; i++) {
    one += first[i]! * first[i]!;
    two += second[i]! * second[i]!;
    both += first[i]! * second[i]!;
  }
  return Math.max(Math.abs(one - 1), Math.abs(two - 1)) + Math.abs(both) + 4 * gamma(first.length + 2);
}

interface Corner {
  readonly corner: readonly [number, number];
  /** The functional of length 1 that the side from this corner to the next one lies beyond. */
  readonly beyond: readonly [number, number];
}

/** |a p_i + b q_i| <= 1 for all i: the corners are polar to the sides of the convex hull of all +-(p_i, q_i). */
function cornersOfLargest(first: Float64Array, second: Float64Array): readonly Corner[] {
  const points = [...first].flatMap((p, i): [number, number][] => [[p, second[i]!], [-p, -second[i]!]]); // prettier-ignore
  const hull = convexHull(points);
  const half = hull.slice(0, hull.length / 2 + 1);
  return half.slice(0, -1).map((p, k) => {
    const q = half[k + 1]!;
    const area = p[0] * q[1] - p[1] * q[0];
    return { corner: [(q[1] - p[1]) / area, (p[0] - q[0]) / area], beyond: q };
  });
}

/** The sum of |a p_i + b q_i| bends where one of them is zero. */
function cornersOfSum(first: Float64Array, second: Float64Array): readonly Corner[] {
  const bends = [...first]
    .flatMap((p, i): [number, number][] => {
      const q = second[i]!;
      // Left out: inputs that the plane does not move.
      return p === 0 && q === 0 ? [] : [q > 0 || (q === 0 && p < 0) ? [q, -p] : [-q, p]];
    })
    .sort((a, b) => Math.atan2(a[1], a[0]) - Math.atan2(b[1], b[0]));
  const distinct = bends.filter(
    ([a, b], k) => k === 0 || Math.abs(a * bends[k - 1]![1] - b * bends[k - 1]![0]) > 1e-13 * Math.hypot(a, b) * Math.hypot(...bends[k - 1]!), // prettier-ignore
  );
  return distinct.map(([a, b], k) => {
    const last = k === distinct.length - 1;
    const [c, d] = distinct[last ? 0 : k + 1]!;
    const [s, t] = last ? [-c, -d] : [c, d];
    const [u, v] = [a / Math.hypot(a, b) + s / Math.hypot(s, t), b / Math.hypot(a, b) + t / Math.hypot(s, t)];
    let [length, p, q] = [0, 0, 0];
    for (let i = 0; i < first.length; i++) {
      length += Math.abs(a * first[i]! + b * second[i]!);
      const sign = Math.sign(u * first[i]! + v * second[i]!);
      p += sign * first[i]!;
      q += sign * second[i]!;
    }
    return { corner: [a / length, b / length], beyond: [p, q] };
  });
}

/** Counter-clockwise, without points on its sides (Andrew 1979). */
function convexHull(points: readonly [number, number][]): readonly [number, number][] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (list: readonly [number, number][]): [number, number][] => {
    const kept: [number, number][] = [];
    for (const point of list) {
      while (kept.length > 1 && turn(kept.at(-2)!, kept.at(-1)!, point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

const turn = (a: readonly [number, number], b: readonly [number, number], c: readonly [number, number]): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
