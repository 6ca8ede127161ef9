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
  const point = new Float64Array(size);
  if (region.kind === 'box') {
    const { lower, upper } = region;
    for (let i = 0; i < size; i++) point[i] = lower[i]! + (upper[i]! - lower[i]!) * random.uniform();
    return point;
  }
  const own = scales[how];
  const scale = region.kind === 'all' ? own[k % own.length]! : 1;
  for (let i = 0; i < size; i++) point[i] = scale * random.normal();
  if (region.kind === 'all') return point;
  const far = (region.radius * random.uniform()) / Math.max(lengthOf(point, region.norm), Number.MIN_VALUE);
  return moveInside(
    region,
    region.center.map((value, i) => value + far * point[i]!),
  );
}

/** How far it makes sense to go from a point. */
export function reachFrom(region: Region, point: Float64Array): number {
  if (region.kind === 'ball') return Math.max(region.radius, 1e-12);
  if (region.kind === 'box') return Math.max(...region.lower.map((low, i) => region.upper[i]! - low), 1e-12);
  return Math.max(1, lengthOf(point, 'l2') / Math.sqrt(point.length));
}
