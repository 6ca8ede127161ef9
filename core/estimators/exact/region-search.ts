import type { Norm } from '../../bound.ts';
import { atBend, bindsHigh, bindsLow, CellRows, copyOf, type Cell } from './cell.ts';
import type { Frame } from './frame.ts';
import { steepest } from './program.ts';
import { clearly, errorOf, isAtBend, SideTest } from './side-test.ts';
import { SlopeBound } from './slope-bound.ts';

const mostWitnesses = 12;

/** One cell after the other: which units are decided on it, what bounds its Jacobians, where to cut it in two. */
export class RegionSearch {
  readonly frame: Frame;
  /** Cells too thin to tell whether they are there at all, since the last look. They only matter to a proof. */
  doubtful: Cell[] = [];
  /** Interior points that were found since the last look. */
  found: Float64Array[] = [];
  readonly #rows: CellRows;
  readonly #exact: Uint8Array;
  readonly #sides: SideTest;
  readonly #bound: SlopeBound;
  /** How much unit k can matter to the outputs at most. */
  readonly #influence: Float64Array;

  constructor(frame: Frame, norm: Norm) {
    this.frame = frame;
    this.#rows = new CellRows(frame);
    this.#exact = new Uint8Array(frame.units.length);
    this.#sides = new SideTest(frame);
    this.#bound = new SlopeBound(frame, norm);
    this.#influence = influenceOf(frame);
  }

  root(witnesses: readonly Float64Array[]): Cell {
    const { units } = this.frame;
    const cell: Cell = {
      low: new Uint8Array(units.length),
      high: Uint8Array.from(units, ({ pieces }) => pieces.breaks.length),
      flags: new Uint8Array(units.length),
      witnesses: [...witnesses],
      upper: Number.POSITIVE_INFINITY,
    };
    this.settle(cell);
    return cell;
  }

  /** The two halves of a cell at a bend of its most important undecided unit; none when it is a single region. */
  split(cell: Cell): Cell[] | undefined {
    this.#refresh(cell);
    const k = this.#mostImportant(cell);
    if (k === undefined) return undefined;
    const cut = (cell.low[k]! + cell.high[k]! - 1) >> 1;
    const bend = this.frame.units[k]!.pieces.breaks[cut]!;
    const above: Cell = copyOf(cell);
    above.low[k] = cut + 1;
    above.flags[k]! |= bindsLow;
    const below: Cell = copyOf(cell);
    below.high[k] = cut;
    below.flags[k]! |= bindsHigh;
    this.#divide(cell, k, bend, above, below);
    const halves = [above, below].filter((half) => cell.witnesses.length === 0 || half.witnesses.length > 0);
    if (halves.length < 2) this.doubtful.push(...[above, below].filter((half) => !halves.includes(half)));
    for (const half of halves) this.settle(half);
    return halves;
  }

  /** Witnesses go to the side they lie on; a half that got none is looked for once more. */
  #divide(cell: Cell, k: number, bend: number, above: Cell, below: Cell): void {
    const { columns } = this.frame;
    const size = this.#rows.slopeSize[k]! + this.#rows.shiftSize[k]!;
    const value = (z: Float64Array): number => (this.#rows.at(k, z) - bend * z[columns - 1]!) / size;
    above.witnesses.splice(0, Infinity, ...cell.witnesses.filter((z) => value(z) > clearly / 8));
    below.witnesses.splice(0, Infinity, ...cell.witnesses.filter((z) => value(z) < -clearly / 8));
    for (const [half, sign] of [
      [above, 1],
      [below, -1],
    ] as const) {
      // prettier-ignore
      if (half.witnesses.length > 0) continue;
      this.#sides.enter(cell, this.#rows);
      const side = this.#sides.beyond(cell, this.#rows, this.#exact, k, bend, sign);
      if (side.kind === 'inside' && side.witness !== undefined) this.#keep(half, side.witness);
    }
  }

  #keep(cell: Cell, witness: Float64Array): void {
    this.found.push(witness);
    cell.witnesses.push(witness);
    if (cell.witnesses.length > mostWitnesses) cell.witnesses.shift();
  }

  /** Computes the rows of all units whose predecessors are decided. */
  #refresh(cell: Cell): void {
    for (let k = 0; k < this.frame.units.length; k++) this.#compute(cell, k);
  }

  #compute(cell: Cell, k: number): boolean {
    const { start, from, units } = this.frame;
    let ready = true;
    for (let e = start[k]!; e < start[k + 1]! && ready; e++) {
      const j = from[e]!;
      ready = this.#exact[j] === 1 && cell.low[j] === cell.high[j];
    }
    this.#exact[k] = Number(ready);
    if (!ready) return false;
    this.#rows.compute(k, cell);
    if (isAtBend(cell, k)) this.#rows.sitOnBend(k, units[k]!.pieces.breaks[cell.low[k]! - 1]!);
    return true;
  }

  /** Decides what can be decided on a new cell and bounds it. */
  settle(cell: Cell): void {
    const { units } = this.frame;
    this.#refresh(cell);
    this.#sides.enter(cell, this.#rows);
    for (let k = 0; k < units.length; k++) {
      if (this.#compute(cell, k) && cell.low[k] !== cell.high[k]) this.#decide(cell, k);
    }
    cell.upper = Math.min(cell.upper, this.#bound.of(cell, this.#rows, this.#exact));
  }

  /** Narrows the pieces of unit k to those that the cell reaches. */
  #decide(cell: Cell, k: number): void {
    const { breaks } = this.frame.units[k]!.pieces;
    for (const sign of [1, -1] as const)
      while (cell.low[k]! < cell.high[k]!) {
        const bend = breaks[sign === 1 ? cell.high[k]! - 1 : cell.low[k]!]!;
        if (this.#sits(k, bend)) {
          // On the bend everywhere: the piece above it, and any slope.
          cell.low[k] = cell.high[k]!;
          cell.flags[k]! |= atBend;
          this.#compute(cell, k);
          return;
        }
        const side = this.#sides.beyond(cell, this.#rows, this.#exact, k, bend, sign);
        if (side.kind === 'inside') {
          if (side.witness !== undefined) this.#keep(cell, side.witness);
          break;
        }
        if (side.kind === 'unknown') {
          // Without an interior point nothing can be told apart; the search goes on by cutting.
          if (cell.witnesses.length === 0) break;
          this.#doubt(cell, k, sign);
        }
        if (sign === 1) cell.high[k]! -= 1;
        else cell.low[k]! += 1;
      }
  }

  #doubt(cell: Cell, k: number, sign: 1 | -1): void {
    const thin = copyOf(cell);
    thin.witnesses.length = 0;
    if (sign === 1) thin.low[k] = thin.high[k]!;
    else thin.high[k] = thin.low[k]!;
    thin.flags[k]! |= sign === 1 ? bindsLow : bindsHigh;
    this.doubtful.push(thin);
  }

  #sits(k: number, bend: number): boolean {
    const { columns, units } = this.frame;
    // With several bends, a hair's breadth of one may be the way to the next, far away.
    if (units[k]!.pieces.breaks.length > 1) return false;
    const error = errorOf(this.#rows, k, bend);
    return (
      this.#rows.slopeSize[k]! <= 4 * error && Math.abs(this.#rows.values[(k + 1) * columns - 1]! - bend) <= 4 * error
    );
  }

  #mostImportant(cell: Cell): number | undefined {
    const { columns, units } = this.frame;
    let [most, best] = [-1, -1];
    for (let k = 0; k < units.length; k++) {
      if (this.#exact[k] === 0 || cell.low[k] === cell.high[k]) continue;
      let size = 0;
      for (let c = 0; c < columns - 1; c++)
        size += Math.abs(this.#rows.values[k * columns + c]!) / this.frame.scale[c]!;
      if (size * this.#influence[k]! > most) [most, best] = [size * this.#influence[k]!, k];
    }
    return best < 0 ? undefined : best;
  }
}

function influenceOf({ units, outputs, start, from, weight }: Frame): Float64Array {
  const influence = new Float64Array(units.length + outputs).fill(1, units.length);
  for (let r = units.length + outputs - 1; r >= 0; r--) {
    if (r < units.length) influence[r]! *= steepest(units[r]!.pieces);
    for (let e = start[r]!; e < start[r + 1]!; e++) influence[from[e]!]! += influence[r]! * Math.abs(weight[e]!);
  }
  return influence;
}
