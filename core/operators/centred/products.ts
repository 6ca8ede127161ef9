import type { Shape } from '../../network/tensor.ts';
import { elementCount } from '../../network/tensor.ts';
import { broadcastSource } from '../broadcast.ts';
import type { Enclosure } from '../enclosure.ts';
import type { Interval } from '../interval.ts';
import { stackedMap } from '../maps/stacked-map.ts';
import { weightedSelectionMap } from '../maps/weighted-selection-map.ts';
import { centredPart, type CentredPart, type IntervalEntries } from './centred-step.ts';

type Source = CentredPart['from'];

/** F G for stacks of matrices: what a change of either factor meets is the other one. Entries of F and G may come scaled. */
export function matrixProductParts(
  [ofLeft, ofRight]: readonly [Source, Source],
  [left, right]: readonly [Enclosure, Enclosure],
  batch: Shape,
  scaled: (entries: IntervalEntries) => IntervalEntries = (entries) => entries,
): readonly [CentredPart, CentredPart] {
  const [a, b] = [left.shape.length === 1 ? [1, ...left.shape] : left.shape, right.shape.length === 1 ? [...right.shape, 1] : right.shape]; // prettier-ignore
  const sizes = { rows: a.at(-2)!, inner: a.at(-1)!, columns: b.at(-1)! };
  const [ofA, ofB] = [broadcastSource(a.slice(0, -2), batch), broadcastSource(b.slice(0, -2), batch)];
  return [
    centredPart(ofLeft, scaled(right), (entries) => stackedMap('right', sizes, ofA, ofB, entries, elementCount(a))),
    centredPart(ofRight, scaled(left), (entries) => stackedMap('left', sizes, ofA, ofB, entries, elementCount(b))),
  ];
}

/** Element by element, an input stretched to the output's shape, every copy of an element with a factor of its own. */
export function elementwisePart(
  input: number,
  from: Shape,
  to: Shape,
  factor: (place: number) => Interval,
): CentredPart {
  const source = broadcastSource(from, to);
  const factors = Array.from(source, (_, place) => factor(place));
  const entries = {
    lower: Float64Array.from(factors, ([low]) => low),
    upper: Float64Array.from(factors, ([, high]) => high),
  };
  return centredPart({ input }, entries, (weights) => weightedSelectionMap(source, weights, elementCount(from)));
}
