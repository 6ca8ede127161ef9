import type { LipschitzMap } from '../map.ts';

/** Where the first output grows fastest within the plane, in the plane's coordinates, per unit of length. */
export interface Arrow {
  readonly u: number;
  readonly v: number;
  readonly du: number;
  readonly dv: number;
  /** Of the steepest arrow's length, on a logarithmic scale of two decades: 0 to 1. */
  readonly share: number;
}

/** Arrows along a side: more would hide the map. */
const mostPerSide = 16;

/** Differences between the corners of blocks of cells: a picture, not a measurement. */
export function gradientField({ corners, grid, plane }: LipschitzMap): readonly Arrow[] {
  if (corners === null) return [];
  const { values } = corners;
  const across = grid.columns + 1;
  const [[left, right], [bottom, top]] = plane.range;
  const [stepRow, stepColumn] = [Math.ceil(grid.rows / mostPerSide), Math.ceil(grid.columns / mostPerSide)];
  const found: { u: number; v: number; du: number; dv: number }[] = [];
  for (let row = 0; row + stepRow <= grid.rows; row += stepRow)
    for (let column = 0; column + stepColumn <= grid.columns; column += stepColumn) {
      const at = (r: number, c: number): number => values[(row + r) * across + column + c]!;
      const [wide, high] = [(stepColumn * (right - left)) / grid.columns, (stepRow * (top - bottom)) / grid.rows];
      const [a, b, c, d] = [at(0, 0), at(0, stepColumn), at(stepRow, 0), at(stepRow, stepColumn)];
      found.push({
        u: left + ((column + stepColumn / 2) / grid.columns) * (right - left),
        v: bottom + ((row + stepRow / 2) / grid.rows) * (top - bottom),
        du: (b - a + d - c) / (2 * wide),
        dv: (c - a + d - b) / (2 * high),
      });
    }
  const steepest = found.reduce((most, { du, dv }) => Math.max(most, Math.hypot(du, dv)), 0);
  return found.flatMap((arrow) => {
    const size = Math.hypot(arrow.du, arrow.dv) / steepest;
    return size > 0 && Number.isFinite(size) ? [{ ...arrow, share: Math.max(0, 1 + Math.log10(size) / 2) }] : [];
  });
}
