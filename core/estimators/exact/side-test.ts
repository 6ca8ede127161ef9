import { atBend, bindsHigh, bindsLow, type Cell, type CellRows } from './cell.ts';
import { Bottleneck } from './bottleneck.ts';
import { emptyCone, Projector, type Cone } from './cone.ts';
import { provesEmpty, provesEmptyOnBox, type Vague } from './farkas.ts';
import type { Frame } from './frame.ts';

/** Does a cell reach beyond a bend? 'empty' is proved; 'unknown' is a sliver too thin to tell, or a proof that rounding spoils. */
export type Side =
  { readonly kind: 'inside'; readonly witness: Float64Array | undefined } | { readonly kind: 'empty' | 'unknown' };

/** A value of a row of size 1 at a point of size 1 that is surely not 0. */
export const clearly = 1e-10;
/** Residuals below this are taken for 0 and have to be proved so. */
const vanishing = 1e-9;
/** Larger than what rounding can do to a row on a box, smaller than anything that matters. */
const margin = 1e-9;

export class SideTest {
  readonly #frame: Frame;
  readonly #cone: Cone;
  readonly #projector: Projector;
  readonly #bottleneck: Bottleneck;
  readonly #h: Float64Array;
  readonly #reach: Float64Array;

  constructor(frame: Frame) {
    const { columns, lower, upper } = frame;
    this.#frame = frame;
    this.#cone = emptyCone(columns, 2 * columns + 2 * frame.units.length);
    this.#bottleneck = new Bottleneck(frame);
    this.#projector = new Projector(columns);
    this.#h = new Float64Array(columns);
    this.#reach = Float64Array.from({ length: columns }, (_, c) =>
      c < columns - 1 ? Math.max(Math.abs(lower[c]!), Math.abs(upper[c]!)) : 1,
    );
  }

  /** The inequalities of a cell: its region, and the bends that branching has put it on one side of. */
  enter({ low, high, flags }: Cell, rows: CellRows): void {
    const { columns, lower, upper, bounded, units } = this.#frame;
    const t = columns - 1;
    const cone = this.#cone;
    cone.count = 0;
    cone.rows.fill(0);
    for (let c = 0; c < t && bounded; c++) {
      const support: Vague['support'] = c < 32 ? [1 << c, 0] : [0, 1 << (c - 32)];
      const exact = { error: 0, shiftError: 0, support };
      this.#add((row) => { row[c] = 1; row[t] = -lower[c]!; }, exact); // prettier-ignore
      this.#add((row) => { row[c] = -1; row[t] = upper[c]!; }, exact); // prettier-ignore
    }
    if (!bounded) this.#add((row) => { row[t] = 1; }, { error: 0, shiftError: 0, support: [0, 0] }); // prettier-ignore
    for (let k = 0; k < units.length; k++) {
      const { breaks } = units[k]!.pieces;
      if ((flags[k]! & bindsLow) !== 0) this.#bind(rows, k, breaks[low[k]! - 1]!, 1);
      if ((flags[k]! & bindsHigh) !== 0) this.#bind(rows, k, breaks[high[k]!]!, -1);
    }
  }

  #bind(rows: CellRows, k: number, bend: number, sign: 1 | -1): void {
    this.#add((row) => this.#read(rows, k, bend, sign, row), vagueness(rows, k, bend, 1));
  }

  #add(fill: (row: Float64Array) => void, { error, shiftError, support }: Vague): void {
    const cone = this.#cone;
    const i = cone.count++;
    const row = cone.rows.subarray(i * cone.columns, (i + 1) * cone.columns);
    fill(row);
    const factor = normalise(row);
    cone.errors[i] = error * factor;
    cone.shiftErrors[i] = shiftError * factor;
    cone.support.set(support, 2 * i);
  }

  /** sign (row k - bend t); the difference is rounded once, which `vagueness` allows for. */
  #read({ values }: CellRows, k: number, bend: number, sign: 1 | -1, row: Float64Array): void {
    const { columns } = this.#frame;
    for (let c = 0; c < columns; c++) row[c] = sign * values[k * columns + c]!;
    row[columns - 1]! -= sign * bend;
  }

  /** Whether the cell has points with sign (argument of k - bend) > 0. */
  beyond(cell: Cell, rows: CellRows, exact: Uint8Array, k: number, bend: number, sign: 1 | -1): Side {
    const { columns, bounded } = this.#frame;
    const h = this.#h;
    this.#read(rows, k, bend, sign, h);
    // A unit that does not change on the cell needs no geometry.
    if (rows.slopeSize[k] === 0 && Math.abs(h[columns - 1]!) > 2 * errorOf(rows, k, bend))
      return h[columns - 1]! > 0 ? { kind: 'inside', witness: undefined } : { kind: 'empty' };
    const own = vagueness(rows, k, bend, normalise(h));
    for (let i = cell.witnesses.length - 1; i >= 0; i--)
      if (dot(h, cell.witnesses[i]!) > clearly) return { kind: 'inside', witness: undefined };
    const projection = this.#projector.project(this.#cone, h);
    if (projection.length > vanishing) {
      const witness = this.#strictly(h, projection.residual, projection.length, cell.witnesses);
      return witness === undefined ? { kind: 'unknown' } : { kind: 'inside', witness };
    }
    if (provesEmpty(this.#cone, h, own, projection)) return { kind: 'empty' };
    if (bounded) {
      h[columns - 1]! += margin;
      const shifted = this.#projector.project(this.#cone, h);
      if (provesEmptyOnBox(this.#cone, h, own, shifted, this.#reach, margin)) return { kind: 'empty' };
    }
    return { kind: this.#bottleneck.provesEmpty(cell, rows, exact, k, bend, sign) ? 'empty' : 'unknown' };
  }

  /** Between the projection, which may lie on the border, and an interior point: interior, and beyond the bend. */
  #strictly(
    h: Float64Array,
    r: Float64Array,
    length: number,
    witnesses: readonly Float64Array[],
  ): Float64Array | undefined {
    const inner = witnesses[witnesses.length - 1];
    if (inner === undefined) return undefined;
    const behind = dot(h, inner);
    const share = behind < 0 ? (0.5 * length) / (length - behind) : 0.5;
    const z = r.map((value, c) => ((1 - share) * value) / length + share * inner[c]!);
    const size = Math.sqrt(dot(z, z));
    for (let c = 0; c < z.length; c++) z[c]! /= size;
    const { rows, count, columns } = this.#cone;
    if (!(dot(h, z) > 0) || !(z[columns - 1]! > 0)) return undefined;
    for (let i = 0; i < count; i++) {
      let value = 0;
      for (let c = 0; c < columns; c++) value += rows[i * columns + c]! * z[c]!;
      if (!(value > 0)) return undefined;
    }
    return z;
  }
}

/** What is not known of factor (row k - bend t). Where both are 0 exactly, so is the difference. */
function vagueness(rows: CellRows, k: number, bend: number, factor: number): Vague {
  return {
    error: factor * rows.slopeError[k]!,
    shiftError: factor * shiftErrorOf(rows, k, bend),
    support: [rows.support[2 * k]!, rows.support[2 * k + 1]!],
  };
}

const shiftErrorOf = (rows: CellRows, k: number, bend: number): number =>
  rows.shiftError[k]! + (bend === 0 ? 0 : 2 ** -52 * (rows.shiftSize[k]! + Math.abs(bend)));

/** Of any entry of (row k - bend t). */
export const errorOf = (rows: CellRows, k: number, bend: number): number =>
  Math.max(rows.slopeError[k]!, shiftErrorOf(rows, k, bend));

export const isAtBend = (cell: Cell, k: number): boolean => (cell.flags[k]! & atBend) !== 0;

/** To a largest entry in [1, 2), exactly; returns the factor. */
function normalise(row: Float64Array): number {
  let most = 0;
  for (const value of row) most = Math.max(most, Math.abs(value));
  if (most === 0) return 1;
  const factor = 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(most))));
  for (let c = 0; c < row.length; c++) row[c]! *= factor;
  return factor;
}

export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < x.length; c++) sum += x[c]! * y[c]!;
  return sum;
}
