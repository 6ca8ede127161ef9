import type { LipschitzMap } from '../map.ts';

/** A line from (x1, y1) to (x2, y2) in units of cells, from the lower left corner of the grid. */
export type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * Where the decision changes: between two classes the line on which their outputs are equal, straight within a cell (marching squares on
 * their difference); for a single output the line on which it is zero.
 */
export function decisionBoundary(map: LipschitzMap): readonly Segment[] {
  const { corners, grid } = map;
  if (corners === null) return [];
  const across = grid.columns + 1;
  const segments: Segment[] = [];
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const at = row * across + column;
      // Nearly all cells lie on one side: no list is made for them.
      const { decision } = corners;
      const here = decision[at];
      if (here === decision[at + 1] && here === decision[at + across + 1] && here === decision[at + across]) continue;
      const places = [at, at + 1, at + across + 1, at + across] as const;
      const classes = new Set(places.map((place) => corners.decision[place]!));
      const present = [...classes];
      for (let a = 0; a < present.length; a++)
        for (let b = a + 1; b < present.length; b++) {
          const margin = marginBetween(map, present[a]!, present[b]!);
          if (margin !== undefined) segments.push(...levelLine(places.map(margin), column, row));
        }
    }
  }
  return segments;
}

/** By how much one class leads the other at a corner; undefined when their outputs were not kept. */
function marginBetween({ corners }: LipschitzMap, a: number, b: number): ((place: number) => number) | undefined {
  if (corners === null) return undefined;
  const { values, kept, outputs } = corners;
  if (outputs === 1) return (place) => values[place]!;
  if (a >= kept || b >= kept) return undefined;
  const count = values.length / kept;
  return (place) => values[a * count + place]! - values[b * count + place]!;
}

/** Lines of equal output, at values spread evenly over what the output takes on the grid. */
export function outputContours({ corners, grid }: LipschitzMap, output: number, levels: number): readonly Segment[] {
  if (corners === null || output >= corners.kept) return [];
  const count = corners.values.length / corners.kept;
  const values = corners.values.subarray(output * count, (output + 1) * count);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) return [];
  const across = grid.columns + 1;
  const segments: Segment[] = [];
  for (let k = 1; k <= levels; k++) {
    const level = low + (k * (high - low)) / (levels + 1);
    for (let row = 0; row < grid.rows; row++)
      for (let column = 0; column < grid.columns; column++) {
        const at = row * across + column;
        const above = values[at]! > level;
        if (
          above === values[at + 1]! > level &&
          above === values[at + across + 1]! > level &&
          above === values[at + across]! > level
        )
          continue;
        const places = [at, at + 1, at + across + 1, at + across];
        segments.push(
          ...levelLine(
            places.map((place) => values[place]! - level),
            column,
            row,
          ),
        );
      }
  }
  return segments;
}

/** Where a function that is linear along the edges is zero, from its values at the four corners, counter-clockwise. */
export function levelLine(corners: readonly number[], column: number, row: number): readonly Segment[] {
  const [a, b, c, d] = corners as [number, number, number, number];
  const crossing = (from: number, to: number): number => from / (from - to);
  const points: (readonly [number, number])[] = [];
  if (a > 0 !== b > 0) points.push([column + crossing(a, b), row]);
  if (b > 0 !== c > 0) points.push([column + 1, row + crossing(b, c)]);
  if (d > 0 !== c > 0) points.push([column + crossing(d, c), row + 1]);
  if (a > 0 !== d > 0) points.push([column, row + crossing(a, d)]);
  if (points.length === 2) return [[...points[0]!, ...points[1]!]];
  if (points.length < 4) return [];
  // A saddle: the value in the middle tells which corners belong together.
  const [bottom, right, top, left] = points as [Point, Point, Point, Point];
  return a > 0 === a + b + c + d > 0
    ? [
        [...bottom, ...right],
        [...top, ...left],
      ]
    : [
        [...bottom, ...left],
        [...top, ...right],
      ];
}

type Point = readonly [number, number];
