import { gamma } from '../../rounding.ts';
import type { Cell, CellRows } from './cell.ts';
import { Projector } from './cone.ts';
import type { Frame } from './frame.ts';

/** Moves h up in every coordinate, so that rounding cannot decide. */
const margin = 1e-9;

/**
 * Proofs of emptiness where few units are active. Behind r active units with r < inputs all rows lie in r + 1 dimensions, no
 * set of them is a basis, and the smallest rounding would spoil a proof in the coordinates of the inputs. So the outputs of these
 * units take the place of the inputs: v_j >= 0 is the distance of unit j's argument from the bend that its piece begins or ends at.
 * As v and t have a sign, h.z <= 0 already follows from coefficients that are all surely negative:
 * h + margin 1 + sum lambda_i g_i = rho with |rho| + errors < margin in every coordinate.
 */
export class Bottleneck {
  readonly #frame: Frame;
  /** Longest way from the inputs, in units. */
  readonly #level: Int32Array;
  readonly #deepest: number;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.#level = new Int32Array(frame.units.length);
    for (let k = 0; k < frame.units.length; k++) {
      let level = 1;
      for (let e = frame.start[k]!; e < frame.start[k + 1]!; e++)
        level = Math.max(level, this.#level[frame.from[e]!]! + 1);
      this.#level[k] = level;
    }
    this.#deepest = this.#level.reduce((most, level) => Math.max(most, level), 0);
  }

  /** Whether sign (argument of unit k - bend) > 0 nowhere on the cell. */
  provesEmpty(cell: Cell, rows: CellRows, exact: Uint8Array, k: number, bend: number, sign: 1 | -1): boolean {
    for (let level = Math.min(this.#level[k]!, this.#deepest) - 1; level > 0; level--) {
      const units = this.#between(cell, exact, level, k);
      const space = this.#space(cell, rows, level, units);
      if (space !== undefined && this.#proves(cell, space, units, k, bend, sign)) return true;
    }
    return false;
  }

  /** Decided units behind the level, and unit k itself. */
  #between(cell: Cell, exact: Uint8Array, level: number, k: number): number[] {
    return [...this.#level.keys()].filter(
      (j) => this.#level[j]! > level && exact[j] === 1 && (j === k || cell.low[j] === cell.high[j]),
    );
  }

  /** The arguments of `units` in the outputs of the active units up to `level`; undefined where others take part. */
  #space(cell: Cell, rows: CellRows, level: number, units: readonly number[]): Space | undefined {
    const frame = this.#frame;
    const { columns, start, from, weight, weightError } = frame;
    const t = columns - 1;
    const place = new Map<number, number>();
    for (const k of units) {
      if (rows.loose[k] !== 0 || frame.slopeError[k] !== 0) return undefined;
      for (let c = 0; c < t; c++) if (frame.base[k * columns + c] !== 0) return undefined;
      for (let e = start[k]!; e < start[k + 1]!; e++) {
        const j = from[e]!;
        if (this.#level[j]! > level || place.has(j)) continue;
        if (rows.loose[j] !== 0) return undefined;
        if (frame.units[j]!.pieces.slopes[cell.low[j]!] !== 0) place.set(j, place.size);
      }
    }
    const size = place.size + 1;
    if (size > columns) return undefined;
    const space: Space = {
      size,
      place,
      touched: new Uint8Array(size),
      values: new Map(),
      errors: new Map(),
      sizes: new Map(),
    };
    for (const k of units) {
      const row = new Float64Array(size);
      row[size - 1] = frame.base[k * columns + t]!;
      let error = frame.shiftError[k]!;
      let sum = Math.abs(row[size - 1]!);
      for (let e = start[k]!; e < start[k + 1]!; e++) {
        const j = from[e]!;
        const { slopes, intercepts, breaks } = frame.units[j]!.pieces;
        const piece = cell.low[j]!;
        const [slope, intercept, factor] = [slopes[piece]!, intercepts[piece]!, weight[e]!];
        let most = Math.abs(intercept);
        const at = place.get(j);
        const earlier = space.values.get(j);
        if (at !== undefined) {
          // y = v + the bend below, or the bend above - v.
          const origin = piece > 0 ? breaks[piece - 1]! : breaks[piece]!;
          row[at]! += factor * slope * (piece > 0 ? 1 : -1);
          row[size - 1]! += factor * (slope * origin + intercept);
          most += Math.abs(slope) * (1 + Math.abs(origin));
        } else if (earlier === undefined) row[size - 1]! += factor * intercept;
        else {
          for (let c = 0; c < size; c++) row[c]! += factor * slope * earlier[c]!;
          row[size - 1]! += factor * intercept;
          most += Math.abs(slope) * space.sizes.get(j)!;
          error += Math.abs(factor * slope) * space.errors.get(j)!;
        }
        error += weightError[e]! * most;
        if (weightError[e] !== 0) space.touched.fill(1);
        sum += Math.abs(factor) * most;
      }
      const terms = start[k + 1]! - start[k]!;
      if (error !== 0) space.touched[size - 1] = 1;
      for (let c = 0; c < size; c++) if (row[c] !== 0) space.touched[c] = 1;
      space.values.set(k, row);
      space.errors.set(k, (error + gamma(4 * terms + 8) * sum) * (1 + 1e-9));
      space.sizes.set(k, sum * (1 + 1e-9));
    }
    return space;
  }

  #proves(cell: Cell, space: Space, units: readonly number[], k: number, bend: number, sign: 1 | -1): boolean {
    const { size } = space;
    const { units: all } = this.#frame;
    const own = side(space, k, bend, sign);
    const sides = [own];
    for (const j of units) {
      if (j === k) continue;
      const { breaks } = all[j]!.pieces;
      const piece = cell.low[j]!;
      if (piece > 0) sides.push(side(space, j, breaks[piece - 1]!, 1));
      if (piece < breaks.length) sides.push(side(space, j, breaks[piece]!, -1));
    }
    for (const [j, at] of space.place) {
      const { breaks } = all[j]!.pieces;
      const piece = cell.low[j]!;
      if (piece === 0 || piece === breaks.length) continue;
      const row = new Float64Array(size);
      row[at] = -1;
      row[size - 1] = breaks[piece]! - breaks[piece - 1]!;
      sides.push({ row, error: 2 ** -53 * row[size - 1]! });
    }
    // Coordinates that are zero in all rows say nothing; moving h there would undo the proof.
    const live = [...own.row.keys()].filter((c) => space.touched[c] === 1 || sides.some(({ row }) => row[c] !== 0));
    if (live.length === 0) return false;
    const reduced = sides.map(({ row, error }) =>
      scaled(
        Float64Array.from(live, (c) => row[c]!),
        error,
      ),
    );
    const [h, ...others] = reduced;
    const cone = {
      count: others.length + live.length,
      rows: new Float64Array((others.length + live.length) * live.length),
      errors: new Float64Array(others.length + live.length),
    };
    for (const [i, { row, error }] of others.entries()) {
      cone.rows.set(row, i * live.length);
      cone.errors[i] = error;
    }
    for (let c = 0; c < live.length; c++) cone.rows[(others.length + c) * live.length + c] = 1;
    const shifted = h!.row.map((value) => value + margin);
    const { active, lambda } = new Projector(live.length).project(cone, shifted);
    let weighted = h!.error + 2 ** -51;
    for (const [i, row] of active.entries()) weighted += lambda[i]! * cone.errors[row]!;
    return live.every((_, c) => {
      let [sum, total] = [shifted[c]!, Math.abs(shifted[c]!)];
      for (const [i, row] of active.entries()) {
        const product = lambda[i]! * cone.rows[row * live.length + c]!;
        sum += product;
        total += Math.abs(product);
      }
      return (Math.abs(sum) + gamma(active.length + 2) * total + weighted) * (1 + 1e-9) < margin;
    });
  }
}

interface Space {
  readonly size: number;
  /** Coordinate of each active unit; t is the last one. */
  readonly place: ReadonlyMap<number, number>;
  /** Coordinates that any row has or may have a share of; the others are zero in all rows, exactly. */
  readonly touched: Uint8Array;
  readonly values: Map<number, Float64Array>;
  /** Of any entry. */
  readonly errors: Map<number, number>;
  readonly sizes: Map<number, number>;
}

interface Row {
  readonly row: Float64Array;
  readonly error: number;
}

function side({ size, values, errors }: Space, k: number, bend: number, sign: 1 | -1): Row {
  const row = values.get(k)!.map((value) => sign * value);
  row[size - 1]! -= sign * bend;
  return { row, error: errors.get(k)! + 2 ** -52 * Math.abs(row[size - 1]!) };
}

function scaled(row: Float64Array, error: number): Row {
  const most = row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const factor = most === 0 ? 1 : 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(most))));
  return { row: row.map((value) => value * factor), error: error * factor };
}
