import type { Norm } from '../../bound.ts';
import { above, gamma } from '../../rounding.ts';
import type { Cell, CellRows } from './cell.ts';
import type { Frame } from './frame.ts';
import { normAbove } from './jacobian-norm.ts';

/**
 * An upper end for the norm of every Jacobian of a cell: undecided units may take any slope between the least and the largest of
 * their pieces, independently, which interval arithmetic carries to the outputs. Exact on a cell where all are decided.
 */
export class SlopeBound {
  readonly #frame: Frame;
  readonly #norm: Norm;
  /** Middle and half width of the rows, left of t: first as arguments, for units then as outputs. */
  readonly #middle: Float64Array;
  readonly #radius: Float64Array;
  readonly #error: Float64Array;
  readonly #size: Float64Array;
  readonly #jacobian: Float64Array;
  readonly #spread: Float64Array;

  constructor(frame: Frame, norm: Norm) {
    this.#frame = frame;
    this.#norm = norm;
    const rows = frame.units.length + frame.outputs;
    const inputs = frame.columns - 1;
    this.#middle = new Float64Array(rows * inputs);
    this.#radius = new Float64Array(rows * inputs);
    this.#error = new Float64Array(rows);
    this.#size = new Float64Array(rows);
    this.#jacobian = new Float64Array(frame.outputs * inputs);
    this.#spread = new Float64Array(frame.outputs * inputs);
  }

  /** `exact[k]`: row k of `rows` is computed. */
  of(cell: Cell, rows: CellRows, exact: Uint8Array): number {
    const { units, outputs, columns } = this.#frame;
    const inputs = columns - 1;
    for (let k = 0; k < units.length; k++) {
      if (exact[k] === 1) this.#copy(rows, k);
      else this.#combine(k);
      this.#activate(cell, rows, k, exact[k] === 1);
    }
    let error = 0;
    for (let i = 0; i < outputs; i++) {
      const r = units.length + i;
      this.#combine(r);
      for (let c = 0; c < inputs; c++) {
        // The scales are powers of two.
        const scale = this.#frame.scale[c]!;
        this.#jacobian[i * inputs + c] = this.#middle[r * inputs + c]! / scale;
        this.#spread[i * inputs + c] = this.#radius[r * inputs + c]! / scale;
        error = Math.max(error, this.#error[r]! / scale);
      }
    }
    const value = this.#norms(error);
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  }

  #norms(error: number): number {
    const rows = this.#frame.outputs;
    const columns = this.#frame.columns - 1;
    const middle = { rows, columns, entries: this.#jacobian };
    const decided = this.#spread.every((radius) => radius === 0);
    if (decided) return normAbove(this.#norm, middle, error);
    const most = this.#spread.map((radius, i) => Math.abs(this.#jacobian[i]!) + radius);
    const whole = normAbove(this.#norm, { rows, columns, entries: most }, error);
    if (this.#norm !== 'l2' || rows === 1 || columns === 1) return whole;
    const spread = { rows, columns, entries: this.#spread };
    return Math.min(whole, above(normAbove('l2', middle, error) + normAbove('l2', spread, 0)));
  }

  #copy(rows: CellRows, k: number): void {
    const { columns } = this.#frame;
    const inputs = columns - 1;
    for (let c = 0; c < inputs; c++) {
      this.#middle[k * inputs + c] = rows.values[k * columns + c]!;
      this.#radius[k * inputs + c] = 0;
    }
    this.#error[k] = rows.slopeError[k]!;
    this.#size[k] = rows.slopeSize[k]!;
  }

  #combine(r: number): void {
    const { base, columns, start, from, weight, weightError, slopeError } = this.#frame;
    const inputs = columns - 1;
    const middle = this.#middle;
    const radius = this.#radius;
    const at = r * inputs;
    let size = 0;
    for (let c = 0; c < inputs; c++) {
      middle[at + c] = base[r * columns + c]!;
      radius[at + c] = 0;
      size = Math.max(size, Math.abs(middle[at + c]!));
    }
    let error = slopeError[r]!;
    const last = start[r + 1]!;
    for (let e = start[r]!; e < last; e++) {
      const j = from[e]!;
      const own = this.#size[j]!;
      if (own === 0) continue;
      const factor = weight[e]!;
      const magnitude = Math.abs(factor);
      const other = j * inputs;
      for (let c = 0; c < inputs; c++) {
        middle[at + c]! += factor * middle[other + c]!;
        radius[at + c]! += magnitude * radius[other + c]!;
      }
      size += magnitude * own;
      error += magnitude * this.#error[j]! + weightError[e]! * own;
    }
    this.#error[r] = (error + (last === start[r]! ? 0 : gamma(2 * (last - start[r]!) + 6) * size)) * (1 + 1e-9);
    let most = 0;
    for (let c = 0; c < inputs; c++) most = Math.max(most, Math.abs(middle[at + c]!) + radius[at + c]!);
    this.#size[r] = most * (1 + 1e-15) + this.#error[r];
  }

  /** From the argument's row to the output's. */
  #activate({ low, high }: Cell, rows: CellRows, k: number, exact: boolean): void {
    const inputs = this.#frame.columns - 1;
    const { slopes } = this.#frame.units[k]!.pieces;
    let [least, most] = [slopes[low[k]!]!, slopes[low[k]!]!];
    for (let piece = low[k]! + 1; piece <= high[k]!; piece++) {
      least = Math.min(least, slopes[piece]!);
      most = Math.max(most, slopes[piece]!);
    }
    const steep = Math.max(Math.abs(least), Math.abs(most));
    const [slope, swing] = [(least + most) / 2, (most - least) / 2];
    const at = k * inputs;
    for (let c = at; c < at + inputs; c++) {
      const middle = this.#middle[c]!;
      const radius = this.#radius[c]!;
      if (swing === 0) {
        this.#middle[c] = slope * middle;
        this.#radius[c] = steep * radius;
        continue;
      }
      if (radius === 0) {
        this.#middle[c] = slope * middle;
        this.#radius[c] = swing * Math.abs(middle);
        continue;
      }
      const [a, b] = [middle - radius, middle + radius];
      const [p, q, r, s] = [least * a, least * b, most * a, most * b];
      const [bottom, top] = [Math.min(p, q, r, s), Math.max(p, q, r, s)];
      this.#middle[c] = (bottom + top) / 2;
      this.#radius[c] = (top - bottom) / 2;
    }
    // Up to eight roundings of numbers no larger than steep times the size; none where the slope is 0, 1 or -1.
    const rounding = swing === 0 && (steep === 0 || steep === 1) ? 0 : gamma(10) * steep * this.#size[k]!;
    const loose = exact ? rows.loose[k]! : 0;
    this.#error[k] = (steep * this.#error[k]! + rounding + loose) * (1 + 1e-9);
    this.#size[k] = steep * this.#size[k]! * (1 + 1e-15) + loose + this.#error[k];
  }
}
