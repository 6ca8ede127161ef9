import { gamma } from '../../rounding.ts';
import type { Frame } from './frame.ts';

/**
 * A set of activation regions: every unit k is known to be on one of its pieces low[k] .. high[k]. Those whose piece was chosen by
 * branching bind the points of the cell; those whose piece follows from the others do not.
 */
export interface Cell {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** Sum of the flags below. */
  readonly flags: Uint8Array;
  /** Strictly interior points, newest last; none where nobody has found one. */
  readonly witnesses: Float64Array[];
  /** No Jacobian of the cell is larger. */
  upper: number;
}

/** The lower, the upper side of its pieces binds the cell; its argument is that of a bend on the whole cell, so that it may have any slope. */
export const [bindsLow, bindsHigh, atBend] = [1, 2, 4];

export const copyOf = (cell: Cell): Cell => ({
  low: cell.low.slice(),
  high: cell.high.slice(),
  flags: cell.flags.slice(),
  witnesses: cell.witnesses.slice(),
  upper: cell.upper,
});

/** Nothing decided yet. */
export function blankCell({ units: { length } }: Frame): Cell {
  const [low, high, flags] = [new Uint8Array(length), new Uint8Array(length), new Uint8Array(length)];
  return { low, high, flags, witnesses: [], upper: 0 };
}

/**
 * The arguments of units as affine functions on a cell, for those units whose predecessors are all decided; with a bound of all
 * errors of every row: those of the program's numbers and of every rounding on the way.
 */
export class CellRows {
  readonly frame: Frame;
  /** rows x columns, as `frame.base`. */
  readonly values: Float64Array;
  readonly slopeError: Float64Array;
  readonly shiftError: Float64Array;
  /** Largest magnitude of a row left of t and in t, errors included. */
  readonly slopeSize: Float64Array;
  readonly shiftSize: Float64Array;
  /** As `frame.support`: columns that are not zero, exactly. */
  readonly support: Uint32Array;
  /** What the slope of a unit that sits on a bend may add to the error of its output. */
  readonly loose: Float64Array;

  constructor(frame: Frame) {
    this.frame = frame;
    const rows = frame.slopeError.length;
    this.values = new Float64Array(rows * frame.columns);
    this.slopeError = new Float64Array(rows);
    this.shiftError = new Float64Array(rows);
    this.slopeSize = new Float64Array(rows);
    this.shiftSize = new Float64Array(rows);
    this.support = new Uint32Array(2 * rows);
    this.loose = new Float64Array(rows);
  }

  /** Row r; all units before it that it depends on are decided and computed. */
  compute(r: number, { low }: Cell): void {
    const { frame, values } = this;
    const { columns, units } = frame;
    const t = columns - 1;
    const at = r * columns;
    let [slopeSize, slopeSum, slopeError] = [0, 0, frame.slopeError[r]!];
    let shiftSum = Math.abs(frame.base[at + t]!);
    let shiftError = frame.shiftError[r]!;
    for (let c = 0; c < columns; c++) {
      const entry = frame.base[at + c]!;
      values[at + c] = entry;
      if (c < t && Math.abs(entry) > slopeSum) slopeSum = Math.abs(entry);
    }
    let terms = 0;
    let [support, farSupport] = [frame.support[2 * r]!, frame.support[2 * r + 1]!];
    for (let e = frame.start[r]!; e < frame.start[r + 1]!; e++) {
      const j = frame.from[e]!;
      const { slopes, intercepts } = units[j]!.pieces;
      const slope = slopes[low[j]!]!;
      const intercept = intercepts[low[j]!]!;
      const loose = this.loose[j]!;
      if (slope === 0 && intercept === 0 && loose === 0) continue;
      terms++;
      if (slope !== 0 || loose !== 0) {
        support |= this.support[2 * j]!;
        farSupport |= this.support[2 * j + 1]!;
      }
      const weight = frame.weight[e]!;
      const size = Math.abs(weight);
      const steep = Math.abs(slope);
      const factor = weight * slope;
      const other = j * columns;
      for (let c = 0; c < columns; c++) values[at + c]! += factor * values[other + c]!;
      values[at + t]! += weight * intercept;
      const weightError = frame.weightError[e]!;
      slopeError += size * (steep * this.slopeError[j]! + loose) + weightError * steep * this.slopeSize[j]!;
      shiftError +=
        size * (steep * this.shiftError[j]! + loose) + weightError * (steep * this.shiftSize[j]! + Math.abs(intercept));
      slopeSum += size * steep * this.slopeSize[j]!;
      shiftSum += size * (steep * this.shiftSize[j]! + Math.abs(intercept));
    }
    // Every product is rounded twice and every sum once per term (Higham 3.1); the last factor covers the roundings of the bounds.
    const rounding = terms === 0 ? 0 : gamma(2 * terms + 6);
    slopeError = (slopeError + rounding * slopeSum) * (1 + 1e-9);
    shiftError = (shiftError + rounding * shiftSum) * (1 + 1e-9);
    for (let c = 0; c < t; c++) slopeSize = Math.max(slopeSize, Math.abs(values[at + c]!));
    this.support[2 * r] = support;
    this.support[2 * r + 1] = farSupport;
    this.slopeError[r] = slopeError;
    this.shiftError[r] = shiftError;
    this.slopeSize[r] = slopeSize + slopeError;
    this.shiftSize[r] = Math.abs(values[at + t]!) + shiftError;
    this.loose[r] = 0;
  }

  /**
   * Unit k's argument minus a bend of it is zero on the whole cell, up to its error: whichever slope it takes, its output moves by no
   * more than this.
   */
  sitOnBend(k: number, bend: number): void {
    const { columns } = this.frame;
    const { slopes } = this.frame.units[k]!.pieces;
    const shift = Math.abs(this.values[k * columns + columns - 1]! - bend) + this.shiftError[k]!;
    const size = Math.max(this.slopeSize[k]!, shift);
    this.loose[k] = (Math.max(...slopes) - Math.min(...slopes)) * size * (1 + 1e-9);
  }

  /** Value of row r at z. */
  at(r: number, z: Float64Array): number {
    const { columns } = this.frame;
    let sum = 0;
    for (let c = 0, i = r * columns; c < columns; c++, i++) sum += this.values[i]! * z[c]!;
    return sum;
  }
}
