import { above, below } from '../../rounding.ts';
import { boxAround, type Region } from '../../region.ts';

/** A box that is part of a region, or sticks out of it. */
export interface Part {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export const wholeOf = (region: Exclude<Region, { kind: 'all' }>): Part => boxAround(region)!;

/** The two halves of a box, which share a face; undefined where there is no number between its ends. */
export function halvesOf({ lower, upper }: Part, coordinate: number): readonly [Part, Part] | undefined {
  const [low, high] = [lower[coordinate]!, upper[coordinate]!];
  const middle = low + (high - low) / 2;
  if (!(middle > low && middle < high)) return undefined;
  return [
    { lower, upper: upper.with(coordinate, middle) },
    { lower: lower.with(coordinate, middle), upper },
  ];
}

/** Whether no point of the part lies in the region: so corners of the box around a ball are cut off. */
export function isOutside(region: Exclude<Region, { kind: 'all' }>, { lower, upper }: Part): boolean {
  if (region.kind === 'box') return false;
  const { center, radius, norm } = region;
  let [sum, squares, largest] = [0, 0, 0];
  for (const [i, middle] of center.entries()) {
    const away = Math.max(0, below(lower[i]! - middle), below(middle - upper[i]!));
    sum = below(sum + away);
    squares = below(squares + below(away * away));
    largest = Math.max(largest, away);
  }
  if (norm === 'l2') return squares > above(above(radius) * radius);
  return (norm === 'l1' ? sum : largest) > radius;
}
