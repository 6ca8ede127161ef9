import type { MapPlane } from '../../report/map.ts';
import type { Numbers } from './wide-graph.ts';

/** A rectangle of cells. */
export interface CellBlock {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** In coordinates of the plane. */
export interface CellBox {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
}

/** The cells of a map: where they lie in the plane, and the plane in input space. */
export class CellGrid {
  readonly plane: MapPlane;
  readonly rows: number;
  readonly columns: number;

  constructor(plane: MapPlane, { rows, columns }: { readonly rows: number; readonly columns: number }) {
    this.plane = plane;
    this.rows = rows;
    this.columns = columns;
  }

  /** Left of column c, in the first axis. */
  across(c: number): number {
    return edge(this.plane.range[0], c, this.columns);
  }

  /** Below row r, in the second axis. */
  along(r: number): number {
    return edge(this.plane.range[1], r, this.rows);
  }

  /** The edges of cell k. */
  box(k: number): CellBox {
    const [row, column] = [Math.floor(k / this.columns), k % this.columns];
    return {
      left: this.across(column),
      right: this.across(column + 1),
      low: this.along(row),
      high: this.along(row + 1),
    };
  }

  /** Writes the point at (u, v) into `points` from place `at` on. */
  put(points: Numbers, at: number, u: number, v: number): void {
    const { origin, first, second, axes } = this.plane;
    if (axes !== null) {
      // A loop: `set` costs more than such short copies.
      for (let i = 0; i < origin.length; i++) points[at + i] = origin[i]!;
      points[at + axes[0]] = u;
      points[at + axes[1]] = v;
      return;
    }
    for (let i = 0; i < origin.length; i++) points[at + i] = origin[i]! + u * first[i]! + v * second[i]!;
  }

  /** Every cell of a block, by its place in the map. */
  *cellsOf({ row, column, rows, columns }: CellBlock): Generator<number> {
    for (let r = row; r < row + rows; r++) for (let c = column; c < column + columns; c++) yield r * this.columns + c;
  }

  /** All blocks of about this side, those in the middle of the picture first. */
  blocks(side: number): readonly CellBlock[] {
    const blocks: CellBlock[] = [];
    for (let row = 0; row < this.rows; row += side)
      for (let column = 0; column < this.columns; column += side)
        blocks.push({ row, column, rows: Math.min(side, this.rows - row), columns: Math.min(side, this.columns - column) }); // prettier-ignore
    const off = ({ row, column, rows, columns }: CellBlock): number =>
      Math.hypot((row + rows / 2) / this.rows - 0.5, (column + columns / 2) / this.columns - 0.5);
    return blocks.sort((a, b) => off(a) - off(b));
  }
}

/** The last edge is the end of the range itself, whatever rounding makes of the sum. */
const edge = ([from, to]: readonly [number, number], k: number, count: number): number =>
  k === count ? to : from + ((to - from) * k) / count;
