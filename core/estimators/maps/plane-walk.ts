import { memoryOf, type WasmMemory } from '../../compute/wasm/host.ts';
import { rowKernels, type RowKernels } from '../../compute/wasm/row-kernels.ts';
import { outward, type LevelSource, type PlaneLevel, type PlaneRows, type RowErrors } from './plane-rows.ts';

/** The rows of one level under the pieces that were chosen for the units before it; good until the level is entered again. */
export interface LevelRows {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
  /** Derivatives by every input, one column each; none where a and b are all that is asked for. */
  readonly slopes: readonly Float64Array[];
  readonly errors: RowErrors;
}

/**
 * A network on a plane, level after level: who walks chooses a piece for every unit of a level and then enters the next one. The rows are
 * sums over the units before them, computed two doubles at a time. Their errors are bounded once per row and level,
 * |sum of w e| <= (sum of |w|) max |e| over the units that are not zero, which costs a few digits of the sixteen and nearly no time.
 */
export class PlaneWalk {
  readonly rows: PlaneRows;
  /** Of every unit, the piece it is taken to be on. */
  readonly piece: Int32Array;
  /** How far a unit's value and slope may be off besides, where it sits on a bend. */
  readonly loose: Float64Array;
  readonly #levels: readonly WalkedLevel[];
  readonly #kernels: RowKernels;
  readonly #pointers: Int32Array;
  readonly #pointersAt: number;
  readonly #factors: Float64Array;
  readonly #factorsAt: number;
  readonly #mostUnits: number;

  constructor(rows: PlaneRows) {
    const units = rows.pieces.length;
    this.rows = rows;
    this.piece = new Int32Array(units);
    this.loose = new Float64Array(units);
    this.#mostUnits = rows.levels.reduce((most, { sources }) => Math.max(most, ...sources.map((source) => source.units.length)), 1); // prettier-ignore
    const plan = new MemoryPlan();
    const [pointers, factors] = [plan.reserve(this.#mostUnits), plan.reserve(rows.columns * this.#mostUnits)];
    const places = rows.levels.map((level) => ({
      at: plan.reserve(rows.columns * level.padded),
      weights: level.sources.map(({ weights }) => plan.reserve(weights.length)),
    }));
    const memory = memoryOf(plan.bytes);
    this.#kernels = rowKernels(memory);
    this.#levels = rows.levels.map((level, l) => new WalkedLevel(level, rows.columns, places[l]!, memory));
    this.#pointers = new Int32Array(memory.buffer, pointers, this.#mostUnits);
    this.#factors = new Float64Array(memory.buffer, factors, rows.columns * this.#mostUnits);
    [this.#pointersAt, this.#factorsAt] = [pointers, factors];
  }

  /** The rows as they were computed when the level was last entered. */
  at(level: number): LevelRows {
    return this.#levels[level]!;
  }

  get outputs(): LevelRows {
    return this.#levels.at(-1)!;
  }

  /** Computes the rows of a level; the pieces of all units before it have been chosen. */
  enter(level: number): void {
    const own = this.#levels[level]!;
    own.numbers.set(own.level.base);
    own.errors.shift.set(own.level.errors.shift);
    own.errors.tilt.set(own.level.errors.tilt);
    own.errors.slope.set(own.level.errors.slope);
    for (const [i, source] of own.level.sources.entries()) this.#add(own, source, own.weightsAt[i]!);
  }

  #add(own: WalkedLevel, source: LevelSource, weightsAt: number): void {
    const { firstPiece, slopes: slopesOf, intercepts: interceptsOf, columns, derivatives } = this.rows;
    const { padded, count: rowCount, summing } = own.level;
    const { level, a, b, c, errors, slopes } = this.#levels[source.level]!;
    const pointers = this.#pointers;
    const factors = this.#factors;
    const most = this.#mostUnits;
    const bytes = 8 * padded;
    let count = 0;
    // The largest error and size of a unit's constant, tilt and derivatives.
    let [shiftWrong, shiftSize, tiltWrong, tiltSize, slopeWrong, slopeSize] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < source.units.length; i++) {
      const unit = source.units[i]!;
      const chosen = firstPiece[unit]! + this.piece[unit]!;
      const slope = slopesOf[chosen]!;
      const intercept = interceptsOf[chosen]!;
      const loose = this.loose[unit]!;
      if (slope === 0 && intercept === 0 && loose === 0) continue;
      const k = unit - level.first;
      const steep = Math.abs(slope);
      const x = slope * a[k]!;
      const y = slope * b[k]!;
      const z = slope * c[k]!;
      const shift = Math.abs(z) + Math.abs(intercept);
      const shiftOff = steep * errors.shift[k]!;
      shiftWrong = Math.max(shiftWrong, shiftOff + loose + summing * (shift + shiftOff));
      shiftSize = Math.max(shiftSize, shift + shiftOff + loose);
      const tilt = Math.max(Math.abs(x), Math.abs(y));
      const tiltOff = steep * errors.tilt[k]!;
      tiltWrong = Math.max(tiltWrong, tiltOff + loose + summing * (tilt + tiltOff));
      tiltSize = Math.max(tiltSize, tilt + tiltOff + loose);
      pointers[count] = weightsAt + i * bytes;
      factors[count] = x;
      factors[most + count] = y;
      factors[2 * most + count] = z + intercept;
      if (derivatives > 0) {
        let largest = 0;
        for (let j = 0; j < derivatives; j++) {
          const derivative = slope * slopes[j]![k]!;
          factors[(3 + j) * most + count] = derivative;
          largest = Math.max(largest, Math.abs(derivative));
        }
        const slopeOff = steep * errors.slope[k]!;
        slopeWrong = Math.max(slopeWrong, slopeOff + summing * (largest + slopeOff));
        slopeSize = Math.max(slopeSize, largest + slopeOff);
      }
      count++;
    }
    if (count === 0) return;
    for (let j = 0; j < columns; j++)
      this.#kernels.gather(own.at + j * bytes, bytes, this.#pointersAt, this.#factorsAt + 8 * j * most, count);
    const { total, totalError } = source;
    for (let r = 0; r < rowCount; r++) {
      own.errors.shift[r] = outward * (own.errors.shift[r]! + total[r]! * shiftWrong + totalError[r]! * shiftSize);
      own.errors.tilt[r] = outward * (own.errors.tilt[r]! + total[r]! * tiltWrong + totalError[r]! * tiltSize);
    }
    if (derivatives === 0) return;
    for (let r = 0; r < rowCount; r++)
      own.errors.slope[r] = outward * (own.errors.slope[r]! + total[r]! * slopeWrong + totalError[r]! * slopeSize);
  }
}

/** Hands out places in a memory that is made when all are known. */
class MemoryPlan {
  bytes = 0;

  reserve(doubles: number): number {
    const at = this.bytes;
    this.bytes += 16 * Math.ceil(doubles / 2);
    return at;
  }
}

class WalkedLevel implements LevelRows {
  readonly level: PlaneLevel;
  readonly at: number;
  readonly weightsAt: readonly number[];
  /** All columns. */
  readonly numbers: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
  readonly slopes: readonly Float64Array[];
  readonly errors: RowErrors;

  constructor(
    level: PlaneLevel,
    columns: number,
    { at, weights }: { readonly at: number; readonly weights: readonly number[] },
    memory: WasmMemory,
  ) {
    const column = (j: number): Float64Array => new Float64Array(memory.buffer, at + 8 * j * level.padded, level.count);
    this.level = level;
    this.at = at;
    this.weightsAt = weights;
    this.numbers = new Float64Array(memory.buffer, at, columns * level.padded);
    [this.a, this.b, this.c] = [column(0), column(1), column(2)];
    this.slopes = Array.from({ length: columns - 3 }, (_, j) => column(3 + j));
    const each = (): Float64Array => new Float64Array(level.count);
    this.errors = { shift: each(), tilt: each(), slope: each() };
    for (const [i, { weights: numbers }] of level.sources.entries())
      new Float64Array(memory.buffer, weights[i], numbers.length).set(numbers);
  }
}
