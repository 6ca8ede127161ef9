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
  return [center, center.map((value, i) => (i === 0 ? value + step : value))];
}

/** The nearest point of the region, or close to it and inside. */
export function moveInside(region: Region, point: Float64Array): Float64Array {
  if (region.kind === 'all') return point;
  if (region.kind === 'box')
    return point.map((value, i) => Math.min(region.upper[i]!, Math.max(region.lower[i]!, value)));
  const { center, radius } = region;
  if (region.norm === 'linf')
    return point.map((value, i) => {
      // center + radius may be rounded out of the ball by half a unit.
      const [low, high] = [up(center[i]! - radius), down(center[i]! + radius)];
      return low > high ? center[i]! : Math.min(high, Math.max(low, value));
    });
  const offset = point.map((value, i) => value - center[i]!);
  const length = lengthOf(offset, region.norm);
  const inside = radius * (1 - 1e-12);
  if (length <= inside) return point;
  const factor = (inside / length) * (1 - 1e-12);
  return offset.map((value, i) => center[i]! + factor * value);
}

export function lengthOf(vector: Float64Array, norm: Norm): number {
  if (norm === 'l1') return vector.reduce((sum, value) => sum + Math.abs(value), 0);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (norm === 'linf' || largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(vector.reduce((sum, value) => sum + (value / largest) ** 2, 0));
}
