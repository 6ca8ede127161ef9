import type { Norm } from '../../bound.ts';
import { lengthOf, type Region } from '../../region.ts';
import { blankCell, CellRows, type Cell } from './cell.ts';
import { pointAt, type Frame } from './frame.ts';
import { normOf, steepestDirection, type Small } from './jacobian-norm.ts';
import { pieceAt } from './program.ts';

/** Two points inside one activation region, whose difference quotient is the norm of its Jacobian. */
export interface WitnessPair {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** What is looked for in a Jacobian: the larger the better, and the direction in which it shows. */
export interface Sought {
  readonly value: (jacobian: Small) => number;
  readonly direction: (jacobian: Small) => Float64Array;
}

export const steepestIn = (norm: Norm): Sought => ({
  value: (jacobian) => normOf(norm, jacobian),
  direction: (jacobian) => steepestDirection(norm, jacobian),
});

/** Evaluates the Jacobian at interior points and keeps the one that is sought. */
export class WitnessPoints {
  value = 0;
  #best: Float64Array | undefined;
  readonly #frame: Frame;
  readonly #sought: Sought;
  readonly #region: Region;
  readonly #rows: CellRows;
  readonly #cell: Cell;

  constructor(frame: Frame, sought: Sought, region: Region) {
    this.#frame = frame;
    this.#sought = sought;
    this.#region = region;
    this.#rows = new CellRows(frame);
    this.#cell = blankCell(frame);
  }

  /** Whether it is the best so far. */
  visit(z: Float64Array): boolean {
    if (!this.#enter(z)) return false;
    const value = this.#sought.value(this.#jacobian());
    if (!(value > this.value) || !insideBall(this.#region, pointAt(this.#frame, z))) return false;
    this.value = value;
    this.#best = z;
    return true;
  }

  /** Finds the pieces at z; false when z lies too close to a bend to be inside a region. */
  #enter(z: Float64Array): boolean {
    const { columns, units } = this.#frame;
    const t = z[columns - 1]!;
    if (!(t > 0)) return false;
    for (const [k, { pieces }] of units.entries()) {
      this.#rows.compute(k, this.#cell);
      const value = this.#rows.at(k, z);
      const size = this.#rows.slopeSize[k]! + this.#rows.shiftSize[k]!;
      const doubt = 1e-12 * size + 8 * (this.#rows.slopeError[k]! + this.#rows.shiftError[k]!);
      if (this.#rows.slopeSize[k]! > 0 && pieces.breaks.some((bend) => Math.abs(value - bend * t) <= doubt))
        return false;
      this.#cell.low[k] = pieceAt(pieces, value / t);
      this.#cell.high[k] = this.#cell.low[k];
    }
    for (let i = 0; i < this.#frame.outputs; i++) this.#rows.compute(units.length + i, this.#cell);
    return true;
  }

  #jacobian(): Small {
    const { columns, units, outputs, scale } = this.#frame;
    const entries = new Float64Array(outputs * (columns - 1));
    for (let i = 0; i < outputs; i++)
      for (let c = 0; c < columns - 1; c++)
        entries[i * (columns - 1) + c] = this.#rows.values[(units.length + i) * columns + c]! / scale[c]!;
    return { rows: outputs, columns: columns - 1, entries };
  }

  /** The longest pair through the best point along its steepest direction that stays well inside its region. */
  pair(): WitnessPair | undefined {
    const z = this.#best;
    if (z === undefined || !this.#enter(z)) return undefined;
    const { columns, units, scale, lower, upper, input } = this.#frame;
    const t = columns - 1;
    const point = z.map((value) => value / z[t]!);
    const own = this.#sought.direction(this.#jacobian());
    const direction = own.map((value, c) => value / scale[c]!);
    const most = 1 + Math.max(...own.map((_, c) => Math.abs(point[c]! * scale[c]!)));
    let [back, forth] = [-most, most];
    const limit = (value: number, slope: number, bend: number): void => {
      if (slope === 0) return;
      const at = (bend - value) / slope;
      if (at > 0) forth = Math.min(forth, at);
      else back = Math.max(back, at);
    };
    for (let c = 0; c < t; c++) {
      limit(point[c]!, direction[c]!, lower[c]!);
      limit(point[c]!, direction[c]!, upper[c]!);
    }
    for (const [k, { pieces }] of units.entries()) {
      let slope = 0;
      for (let c = 0; c < t; c++) slope += this.#rows.values[k * columns + c]! * direction[c]!;
      for (const bend of pieces.breaks) limit(this.#rows.at(k, point), slope, bend);
    }
    const end = (step: number): Float64Array => {
      const x = pointAt(this.#frame, point);
      for (const [c, j] of input.entries()) x[j]! += step * own[c]!;
      return x;
    };
    // A ball may end earlier than its box; the middle is inside of it.
    for (let share = 0.95; share > 1e-6; share /= 2) {
      const [x, y] = [end(share * back), end(share * forth)];
      if (insideBall(this.#region, x) && insideBall(this.#region, y)) return { x, y };
    }
    return undefined;
  }
}

function insideBall(region: Region, x: Float64Array): boolean {
  if (region.kind !== 'ball') return true;
  const offset = x.map((value, j) => value - region.center[j]!);
  return lengthOf(offset, region.norm) < region.radius * (1 - 1e-12);
}
