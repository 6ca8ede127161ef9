import { above } from '../../rounding.ts';
import type { Ranges } from '../definition.ts';
import type { Enclosure } from '../enclosure.ts';
import type { LinearMap } from '../linear-map.ts';

/**
 * What an operator of several entries does to changes on a region, one step after the other; the last one is its output. For any two points of the region
 *   change of the step = sum over its parts of (middle + E) change of where the part comes from, |E| <= radius entry by entry,
 * by the mean value theorem along the segment between them, or by an identity such as f g - f' g' = (f + f')/2 (g - g') + (g + g')/2 (f - f').
 */
export interface CentredStep {
  readonly size: number;
  readonly parts: readonly CentredPart[];
  /** Of a step before the last: where it stays for inputs in these boxes. */
  readonly enclose?: (inputs: Ranges) => Enclosure;
}

export interface CentredPart {
  /** An input of the node, or a step before. */
  readonly from: { readonly input: number } | { readonly step: number };
  readonly middle: LinearMap;
  readonly radius: LinearMap;
}

/** Entries of a matrix, each in its interval. */
export interface IntervalEntries {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** The part whose matrix has these entries, as far as `mapOf` says where they stand. */
export function centredPart(
  from: CentredPart['from'],
  { lower, upper }: IntervalEntries,
  mapOf: (entries: Float64Array) => LinearMap,
): CentredPart {
  const middle = lower.map((low, i) => low + (upper[i]! - low) / 2);
  const radius = middle.map((value, i) => above(Math.max(upper[i]! - value, value - lower[i]!, 0)));
  return { from, middle: mapOf(middle), radius: mapOf(radius) };
}

export const isBounded = (box: IntervalEntries | undefined): boolean =>
  box !== undefined && box.lower.every(Number.isFinite) && box.upper.every(Number.isFinite);
