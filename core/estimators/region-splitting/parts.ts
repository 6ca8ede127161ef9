import { above, below } from '../../rounding.ts';
import { boxAround, type Region } from '../../region.ts';

/** A box that is part of a region, or sticks out of it; of the whole space it may have no end. */
export interface Part {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export const wholeOf = (region: Region, inputs: number): Part =>
  boxAround(region) ?? {
    lower: new Float64Array(inputs).fill(Number.NEGATIVE_INFINITY),
    upper: new Float64Array(inputs).fill(Number.POSITIVE_INFINITY),
  };

export const isBounded = ({ lower, upper }: Part): boolean => [...lower, ...upper].every(Number.isFinite);

/** The two halves of a box, which share a face; undefined where there is no number between its ends. */
export function halvesOf({ lower, upper }: Part, coordinate: number): readonly [Part, Part] | undefined {
  const [low, high] = [lower[coordinate]!, upper[coordinate]!];
  const middle = middleOf(low, high);
  if (middle === undefined || !(middle > low && middle < high)) return undefined;
  return [
    { lower, upper: upper.with(coordinate, middle) },
    { lower: lower.with(coordinate, middle), upper },
  ];
}

/** Further out nothing is cut any more. */
const farthest = 2 ** 40;

/** Towards an end that is nowhere, twice as far each time. */
function middleOf(low: number, high: number): number | undefined {
  if (Number.isFinite(low) && Number.isFinite(high)) return low + (high - low) / 2;
  if (low < 0 && high > 0) return 0;
  const near = Number.isFinite(low) ? low : high;
  const away = Math.max(1, 2 * Math.abs(near));
  return away > farthest ? undefined : Number.isFinite(low) ? away : -away;
}

/** Whether no point of the part lies in the region: so corners of the box around a ball are cut off. */
export function isOutside(region: Region, { lower, upper }: Part): boolean {
  if (region.kind !== 'ball') return false;
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
