import type { Cell, CellRows } from '../exact/cell.ts';
import type { Frame } from '../exact/frame.ts';
import type { Small } from '../exact/jacobian-norm.ts';

/** 1 where a square matrix keeps the orientation of space, -1 where it turns it over: the sign of its determinant. */
export const turnedBy = (matrix: Small): number => eliminated(matrix, new Float64Array(matrix.rows)).sign;

/** Images tried before nothing is said. */
const mostTries = 8;
/** Relative distance from a bend within which a point may be on either side of it. */
const doubt = 1e-9;

/**
 * How many points share the image of a generic point, all regions of a network with as many outputs as inputs being known and none of them collapsing; undefined where every image
 * that was tried comes too near a bend to tell.
 */
export function preimages(frame: Frame, rows: CellRows, regions: readonly Cell[]): number | undefined {
  for (const { witnesses } of regions.slice(0, mostTries)) {
    const image = imageOf(frame, rows, regions, witnesses.at(-1)!);
    const times = image && countOf(frame, rows, regions, image);
    if (times !== undefined) return times;
  }
  return undefined;
}

/** In coordinates with t = 1. */
function imageOf(frame: Frame, rows: CellRows, regions: readonly Cell[], z: Float64Array): Float64Array | undefined {
  const t = z[frame.columns - 1]!;
  if (!(t > 0)) return undefined;
  const point = z.map((value) => value / t);
  for (const cell of regions)
    if (standing(frame, rows, cell, point) === 'inside')
      return Float64Array.from({ length: frame.outputs }, (_, i) => rows.at(frame.units.length + i, point));
  return undefined;
}

function countOf(frame: Frame, rows: CellRows, regions: readonly Cell[], image: Float64Array): number | undefined {
  const { columns, outputs, units } = frame;
  let count = 0;
  for (const cell of regions) {
    for (let r = 0; r < units.length + outputs; r++) rows.compute(r, cell);
    const entries = new Float64Array(outputs * outputs);
    const rest = new Float64Array(outputs);
    for (let i = 0; i < outputs; i++) {
      const at = (units.length + i) * columns;
      entries.set(rows.values.subarray(at, at + outputs), i * outputs);
      rest[i] = image[i]! - rows.values[at + columns - 1]!;
    }
    const { solution } = eliminated({ rows: outputs, columns: outputs, entries }, rest);
    const where = standing(frame, rows, cell, Float64Array.of(...solution, 1));
    if (where === 'near') return undefined;
    if (where === 'inside') count++;
  }
  return count;
}

/** Where a point is with respect to a region, whose rows are computed on the way. */
function standing(frame: Frame, rows: CellRows, cell: Cell, point: Float64Array): 'inside' | 'near' | 'outside' {
  const { units, outputs, columns } = frame;
  for (let r = 0; r < units.length + outputs; r++) rows.compute(r, cell);
  const far = point.subarray(0, columns - 1).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  let isNear = false;
  for (const [k, { pieces }] of units.entries()) {
    const value = rows.at(k, point);
    const size = doubt * ((columns - 1) * rows.slopeSize[k]! * far + rows.shiftSize[k]!);
    for (const [side, bend] of [
      [1, pieces.breaks[cell.low[k]! - 1]],
      [-1, pieces.breaks[cell.low[k]!]],
    ] as const) {
      if (bend === undefined) continue;
      const past = side * (value - bend);
      if (past < -size) return 'outside';
      if (past <= size) isNear = true;
    }
  }
  return isNear ? 'near' : 'inside';
}

/** Gauss with pivots: the sign of the determinant, and what the matrix takes to `right`. */
function eliminated(
  { rows: n, entries }: Small,
  right: Float64Array,
): { readonly sign: number; readonly solution: Float64Array } {
  const a = entries.slice();
  const x = right.slice();
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    if (pivot !== k) {
      sign = -sign;
      for (let j = 0; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j]!, a[k * n + j]!];
      [x[k], x[pivot]] = [x[pivot]!, x[k]!];
    }
    const own = a[k * n + k]!;
    sign *= Math.sign(own);
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / own;
      if (factor === 0) continue;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
      x[i]! -= factor * x[k]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[i]! -= a[i * n + j]! * x[j]!;
    x[i]! /= a[i * n + i]!;
  }
  return { sign, solution: x };
}
