import type { Norm } from './bound.ts';
import { above, below, down, up } from './rounding.ts';

/** Where in input space the constant is asked for. Points are flattened. */
export type Region =
  | { readonly kind: 'all' }
  | { readonly kind: 'box'; readonly lower: Float64Array; readonly upper: Float64Array }
  | { readonly kind: 'ball'; readonly norm: Norm; readonly center: Float64Array; readonly radius: number };

/** The smallest box around a region, or undefined for the whole space. */
export function boxAround(region: Region): { readonly lower: Float64Array; readonly upper: Float64Array } | undefined {
  if (region.kind === 'all') return undefined;
  if (region.kind === 'box') return region;
  // The unit balls of all three norms lie in the unit cube.
  return {
    lower: region.center.map((value) => below(value - region.radius)),
    upper: region.center.map((value) => above(value + region.radius)),
  };
}

/** Two different points of the region (the same point twice where it has only one). */
export function twoPoints(region: Region, size: number): readonly [Float64Array, Float64Array] {
  if (region.kind === 'box') return [region.lower, region.upper];
  const center = region.kind === 'ball' ? region.center : new Float64Array(size);
  const step = region.kind === 'ball' ? region.radius : 1;
  // Beside a large coordinate a short step would be rounded away.
  const along = center.reduce((least, value, i) => (Math.abs(value) < Math.abs(center[least]!) ? i : least), 0);
  return [
    center,
    moveInside(
      region,
      center.map((value, i) => (i === along ? value + step : value)),
    ),
  ];
}

/** Whether a point lies in the region, up to the last digits of a ball's radius. */
export function isWithin(region: Region, point: Float64Array): boolean {
  if (region.kind === 'all') return true;
  if (region.kind === 'box') return point.every((value, i) => value >= region.lower[i]! && value <= region.upper[i]!);
  return distanceTo(region.center, point, region.norm) <= region.radius * (1 + 1e-9);
}

/** The nearest point of the region, or close to it and inside. */
export function moveInside(region: Region, point: Float64Array): Float64Array {
  if (region.kind === 'all') return point;
  if (region.kind === 'box')
    return point.map((value, i) => Math.min(region.upper[i]!, Math.max(region.lower[i]!, value)));
  const { center, radius, norm } = region;
  if (norm === 'linf')
    return point.map((value, i) => {
      // center + radius may be rounded out of the ball by half a unit.
      const [low, high] = [up(center[i]! - radius), down(center[i]! + radius)];
      return low > high ? center[i]! : Math.min(high, Math.max(low, value));
    });
  const inside = radius * (1 - 1e-12);
  const length = distanceTo(center, point, norm);
  if (length <= inside) return point;
  // Far from the origin the sum is rounded by more than the margin: a little further in, then.
  for (let share = (inside / length) * (1 - 1e-12), back = 2 ** -20; back < 1; back *= 2) {
    const moved = point.map((value, i) => center[i]! + share * (value - center[i]!));
    if (distanceTo(center, moved, norm) <= inside) return moved;
    share *= 1 - back;
  }
  return center.slice();
}

const distanceTo = (center: Float64Array, point: Float64Array, norm: Norm): number =>
  lengthOf(
    point.map((value, i) => value - center[i]!),
    norm,
  );

export function lengthOf(vector: Float64Array, norm: Norm): number {
  if (norm === 'l1') return vector.reduce((sum, value) => sum + Math.abs(value), 0);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (norm === 'linf' || largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(vector.reduce((sum, value) => sum + (value / largest) ** 2, 0));
}
