import type { Norm } from '../../bound.ts';
import { blankCell, CellRows, type Cell } from './cell.ts';
import type { Frame } from './frame.ts';
import { normOf } from './jacobian-norm.ts';

/** A convex polygon of the projective plane: its corners (x, y, t), one after the other. */
type Polygon = readonly Float64Array[];

export interface PlanePartition {
  /** The largest norm of a Jacobian, true up to rounding; a point inside that region. */
  readonly value: number;
  readonly inside: Float64Array | undefined;
  readonly regions: number;
}

/**
 * All activation regions of a network of two inputs, one after the other: the plane (or box) is clipped at the bends of each unit in
 * turn. In homogeneous corners the whole plane is four triangles between (+-1, 0, 0), (0, +-1, 0) and the origin. Rounded
 * corners prove nothing, so the value is numerical; it needs no search, and is an independent check of one. undefined when there are
 * more than `most` regions.
 */
export function planePartition(frame: Frame, norm: Norm, most = 100_000): PlanePartition | undefined {
  if (frame.columns !== 3) return undefined;
  const walk = new Clipping(frame, norm, most);
  for (const polygon of startPolygons(frame)) if (!walk.enter(0, polygon)) return undefined;
  return walk.result;
}

function startPolygons({ bounded, lower, upper }: Frame): Polygon[] {
  const at = (x: number, y: number, t: number): Float64Array => Float64Array.of(x, y, t);
  if (bounded) {
    const [a, b, c, d] = [lower[0]!, upper[0]!, lower[1]!, upper[1]!];
    return [[at(a, c, 1), at(b, c, 1), at(b, d, 1), at(a, d, 1)]];
  }
  return [1, -1].flatMap((x) => [1, -1].map((y) => [at(x, 0, 0), at(0, y, 0), at(0, 0, 1)]));
}

/** Corners this close to a line lie on it. */
const near = 1e-12;

class Clipping {
  #value = 0;
  #inside: Float64Array | undefined;
  readonly #seen = new Set<string>();
  #pieces = 0;
  readonly #frame: Frame;
  readonly #norm: Norm;
  readonly #most: number;
  readonly #rows: CellRows;
  readonly #cell: Cell;

  constructor(frame: Frame, norm: Norm, most: number) {
    this.#frame = frame;
    this.#norm = norm;
    this.#most = most;
    this.#rows = new CellRows(frame);
    this.#cell = blankCell(frame);
  }

  get result(): PlanePartition {
    return { value: this.#value, inside: this.#inside, regions: this.#seen.size };
  }

  /** Unit k and all after it on a polygon on which those before it are decided; false when there are too many. */
  enter(k: number, polygon: Polygon): boolean {
    const { units, columns } = this.#frame;
    if (k === units.length) return this.#leaf(polygon);
    this.#rows.compute(k, this.#cell);
    const row = this.#rows.values.slice(k * columns, (k + 1) * columns);
    const { breaks } = units[k]!.pieces;
    let rest: Polygon | undefined = polygon;
    for (let piece = 0; piece <= breaks.length && rest !== undefined; piece++) {
      let part: Polygon | undefined = rest;
      if (piece < breaks.length) {
        const bend = breaks[piece]!;
        const size = Math.abs(row[0]!) + Math.abs(row[1]!) + Math.abs(row[2]! - bend);
        const sides = rest.map((z) =>
          size === 0 ? 0 : (row[0]! * z[0]! + row[1]! * z[1]! + (row[2]! - bend) * z[2]!) / size,
        );
        part = clipped(rest, sides, -1);
        rest = clipped(rest, sides, 1);
        // A unit that is on its bend everywhere has one piece as well as the other.
        if (part === undefined && rest === undefined) part = polygon;
      } else rest = undefined;
      if (part === undefined) continue;
      this.#cell.low[k] = piece;
      if (!this.enter(k + 1, part)) return false;
    }
    return true;
  }

  #leaf(polygon: Polygon): boolean {
    const { units, outputs, columns, scale } = this.#frame;
    this.#pieces++;
    this.#seen.add(this.#cell.low.join());
    const entries = new Float64Array(2 * outputs);
    for (let i = 0; i < outputs; i++) {
      this.#rows.compute(units.length + i, this.#cell);
      for (let c = 0; c < 2; c++) entries[2 * i + c] = this.#rows.values[(units.length + i) * columns + c]! / scale[c]!;
    }
    const value = normOf(this.#norm, { rows: outputs, columns: 2, entries });
    if (value > this.#value) {
      this.#value = value;
      this.#inside = centerOf(polygon);
    }
    return this.#pieces <= this.#most;
  }
}

/** The part with sign side >= 0, or undefined where it has no inside (Sutherland and Hodgman). */
function clipped(polygon: Polygon, sides: readonly number[], sign: 1 | -1): Polygon | undefined {
  if (!sides.some((side) => sign * side > near)) return undefined;
  if (!sides.some((side) => sign * side < -near)) return polygon;
  const corners: Float64Array[] = [];
  for (const [i, z] of polygon.entries()) {
    const next = (i + 1) % polygon.length;
    const [a, b] = [sign * sides[i]!, sign * sides[next]!];
    if (a >= -near) corners.push(z);
    if ((a > near && b < -near) || (a < -near && b > near)) {
      const share = a / (a - b);
      corners.push(unitLength(z.map((value, c) => value + share * (polygon[next]![c]! - value))));
    }
  }
  return corners.length < 3 ? undefined : corners;
}

const centerOf = (polygon: Polygon): Float64Array =>
  unitLength(polygon.reduce((sum, z) => sum.map((value, c) => value + z[c]!), new Float64Array(3)));

function unitLength(z: Float64Array): Float64Array {
  const length = Math.hypot(...z);
  return z.map((value) => value / length);
}
