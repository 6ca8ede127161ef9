import { lengthOf, moveInside, type Region } from '../../region.ts';
import type { Random } from '../witness/random.ts';

/** From where points are drawn on the whole space: near, far, and where only the far field is left. */
const scales = { near: [0.3, 1, 3], 'near and far': [0.3, 1, 3, 10, 100, 1000] } as const;

/** A random point of the region; the k-th on the whole space has the k-th scale. Far away rounding in float32 would be all that is seen. */
export function drawnPoint(
  region: Region,
  size: number,
  k: number,
  random: Random,
  how: keyof typeof scales = 'near and far',
): Float64Array {
  if (region.kind === 'box') return region.lower.map((low, i) => low + (region.upper[i]! - low) * random.uniform());
  const direction = Float64Array.from({ length: size }, () => random.normal());
  const own = scales[how];
  if (region.kind === 'all') return direction.map((value) => own[k % own.length]! * value);
  const far = (region.radius * random.uniform()) / Math.max(lengthOf(direction, region.norm), Number.MIN_VALUE);
  return moveInside(
    region,
    region.center.map((value, i) => value + far * direction[i]!),
  );
}

/** How far it makes sense to go from a point. */
export function reachFrom(region: Region, point: Float64Array): number {
  if (region.kind === 'ball') return Math.max(region.radius, 1e-12);
  if (region.kind === 'box') return Math.max(...region.lower.map((low, i) => region.upper[i]! - low), 1e-12);
  return Math.max(1, lengthOf(point, 'l2') / Math.sqrt(point.length));
}
