import { boxAround, type Region } from '../../region.ts';
import { unit as roundoff } from '../../rounding.ts';
import type { Combination, PiecewiseLinearProgram, Unit } from './program.ts';

/**
 * The program on its region in coordinates of the search: homogeneous (z = (x, t), so that far away is nowhere special), the box
 * brought near [-1, 1] by powers of two, inputs that nothing depends on or that the region fixes left out. All as dense numbers.
 * Rows 0..n-1 are the arguments of the units, rows n.. the outputs; column `columns - 1` is t.
 */
export interface Frame {
  readonly program: PiecewiseLinearProgram;
  readonly units: readonly Unit[];
  readonly outputs: number;
  readonly columns: number;
  /** rows x columns. */
  readonly base: Float64Array;
  /** Bit c of row r's two words: whether column c takes part in it at all (the others are zero, exactly). */
  readonly support: Uint32Array;
  /** Error of any entry of a row of `base`: left of t, and in t. */
  readonly slopeError: Float64Array;
  readonly shiftError: Float64Array;
  /** Terms of row r in earlier units: start[r] .. start[r + 1] - 1. */
  readonly start: Int32Array;
  readonly from: Int32Array;
  readonly weight: Float64Array;
  readonly weightError: Float64Array;
  /** x_j = center_j + scale_j * (coordinate j); `input` says which input it is. */
  readonly input: Int32Array;
  readonly scale: Float64Array;
  readonly center: Float64Array;
  /** In coordinates; infinite on the whole space. Never inside of the region's own box. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly bounded: boolean;
  /** A point of the region, for the inputs that are left out. */
  readonly rest: Float64Array;
}

export function frameOf(program: PiecewiseLinearProgram, region: Region): Frame {
  const box = boxAround(region);
  const rows: readonly Combination[] = [...program.units.map(({ argument }) => argument), ...program.outputs];
  const used = new Set(rows.flatMap(({ inputs }) => inputs.map(({ index }) => index)));
  const live = [...used].sort((a, b) => a - b).filter((j) => box === undefined || box.lower[j]! < box.upper[j]!);
  const constants =
    box?.lower.some((low, j) => low !== 0 && low === box.upper[j]) === true ||
    program.units.some(
      ({ argument: { constant }, pieces: { breaks, intercepts } }) =>
        constant.value !== 0 || constant.error !== 0 || [...breaks, ...intercepts].some((value) => value !== 0),
    );
  const columns = live.length + 1;
  const t = live.length;
  const [scale, center] = [new Float64Array(t).fill(1), new Float64Array(t)];
  const lower = new Float64Array(t).fill(Number.NEGATIVE_INFINITY);
  const upper = new Float64Array(t).fill(Number.POSITIVE_INFINITY);
  if (box !== undefined)
    for (const [k, j] of live.entries()) {
      const [low, high] = [box.lower[j]!, box.upper[j]!];
      // A network without constants is a cone, and its bends stay exact as long as the origin does not move.
      if (constants) center[k] = Math.min(high, Math.max(low, low + (high - low) / 2));
      scale[k] = powerOfTwoAbove(Math.max(high - center[k]!, center[k]! - low));
      // Two roundings, outward by four units: the search may look at more than the region, never at less.
      const out = 4 * roundoff * (Math.abs(low) + Math.abs(high));
      lower[k] = (low - center[k]! - out) / scale[k];
      upper[k] = (high - center[k]! + out) / scale[k];
    }
  const rest =
    box === undefined ? new Float64Array(program.inputs) : box.lower.map((low, j) => low + (box.upper[j]! - low) / 2);
  const place = new Map(live.map((j, k) => [j, k]));
  const terms = rows.reduce((count, { units }) => count + units.length, 0);
  const frame = {
    program,
    units: program.units,
    outputs: program.outputs.length,
    columns,
    base: new Float64Array(rows.length * columns),
    support: new Uint32Array(2 * rows.length),
    slopeError: new Float64Array(rows.length),
    shiftError: new Float64Array(rows.length),
    start: new Int32Array(rows.length + 1),
    from: new Int32Array(terms),
    weight: new Float64Array(terms),
    weightError: new Float64Array(terms),
    input: Int32Array.from(live),
    scale,
    center,
    lower,
    upper,
    bounded: box !== undefined,
    rest,
  };
  for (const [r, { constant, inputs, units }] of rows.entries()) {
    const shift = new Shift(constant.value, constant.error);
    for (const { index, value, error } of inputs) {
      const k = place.get(index);
      // Fixed by the region, or moved to the middle of its interval.
      const at = k === undefined ? (box === undefined ? 0 : box.lower[index]!) : center[k]!;
      shift.add(value, error, at);
      if (k === undefined) continue;
      frame.support[2 * r + (k >> 5)]! |= 1 << (k & 31);
      frame.base[r * columns + k] = value * scale[k]!;
      frame.slopeError[r] = Math.max(frame.slopeError[r]!, error * scale[k]!);
    }
    frame.base[r * columns + t] = shift.value;
    frame.shiftError[r] = shift.error;
    let at = frame.start[r]!;
    for (const { index, value, error } of units) {
      frame.from[at] = index;
      frame.weight[at] = value;
      frame.weightError[at++] = error;
    }
    frame.start[r + 1] = at;
  }
  return frame;
}

/** The constant after moving the origin, with what rounding may have lost. */
class Shift {
  value: number;
  error: number;

  constructor(value: number, error: number) {
    this.value = value;
    this.error = error;
  }

  add(slope: number, slopeError: number, at: number): void {
    if (at === 0) return;
    const product = slope * at;
    this.value += product;
    this.error =
      (this.error + slopeError * Math.abs(at) + 2 * roundoff * (Math.abs(product) + Math.abs(this.value))) *
      (1 + 2 ** -30);
  }
}

function powerOfTwoAbove(size: number): number {
  return 2 ** Math.max(-900, Math.min(900, Math.ceil(Math.log2(size))));
}

/** The point of the input space behind coordinates z, whose t is positive. */
export function pointAt(frame: Frame, z: Float64Array): Float64Array {
  const x = frame.rest.slice();
  const t = z[frame.columns - 1]!;
  for (const [k, j] of frame.input.entries()) x[j] = frame.center[k]! + frame.scale[k]! * (z[k]! / t);
  return x;
}
