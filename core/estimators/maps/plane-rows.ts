import { gamma, unit as roundoff } from '../../rounding.ts';
import type { MapPlane } from '../../report/map.ts';
import type { Combination, PiecewiseLinearProgram, Pieces } from '../exact/program.ts';

/**
 * A piecewise-linear program on a plane, as dense numbers: every unit and output is an affine function of the plane's coordinates p and q,
 * which run from -1 to 1 over the whole map, once the pieces of the units before it are known. A row is
 *
 *   a, b, c, E, and where the full input is asked for: its derivatives by every input, F
 *
 * with the value a p + b q + c, each of a, b, c wrong by at most E, each derivative by at most F.
 */
export interface PlaneRows {
  /** Units by level: those of a level depend on earlier levels alone. */
  readonly pieces: readonly Pieces[];
  /** Level l has the units levels[l] .. levels[l + 1] - 1. */
  readonly levels: Int32Array;
  readonly outputs: number;
  /** Numbers of a row. */
  readonly width: number;
  /** Columns of derivatives by inputs; 0 where a and b are all that is asked for. */
  readonly derivatives: number;
  /** rows x width: what does not come from units. */
  readonly base: Float64Array;
  /** Unit k enters the rows to[start[k]] .. with these weights. */
  readonly start: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
  readonly weightError: Float64Array;
  /** Whether any weight has an error. */
  readonly rounded: boolean;
  /** Relative error of summing a row's terms. */
  readonly summing: number;
  readonly frame: PlaneFrame;
}

/** u = centerU + scaleU p, v = centerV + scaleV q; the scales are powers of two, so that nothing is rounded by them. */
export interface PlaneFrame {
  readonly centerU: number;
  readonly centerV: number;
  readonly scaleU: number;
  readonly scaleV: number;
}

/** The errors' own roundings, which are a handful in each step. */
export const outward = 1 + 2 ** -30;

/** Of a program in the plane's own two coordinates (`columns: 'plane'`) or in all inputs. */
export function planeRows(program: PiecewiseLinearProgram, plane: MapPlane, columns: 'plane' | 'inputs'): PlaneRows {
  const order = byLevel(program);
  const place = new Int32Array(order.units.length);
  for (const [k, unit] of order.units.entries()) place[unit] = k;
  const units = order.units.map((k) => program.units[k]!);
  const rows: readonly Combination[] = [...units.map(({ argument }) => argument), ...program.outputs];
  // Where the plane is all of the input, a and b are the derivatives already.
  const derivatives = columns === 'plane' || (plane.axes !== null && program.inputs === 2) ? 0 : program.inputs;
  const width = derivatives === 0 ? 4 : 5 + derivatives;
  const terms = Math.max(...rows.map(({ inputs, units: own }) => inputs.length + own.length), 1);
  const frame = frameOf(plane);
  const base = new Float64Array(rows.length * width);
  for (const [r, row] of rows.entries()) fillBase(base, r * width, row, plane, frame, columns, derivatives, gamma(2 * terms + 10)); // prettier-ignore

  const uses = units.map((): { row: number; weight: number; error: number }[] => []);
  for (const [r, row] of rows.entries())
    for (const { index, value, error } of row.units) uses[place[index]!]!.push({ row: r, weight: value, error });
  const flat = uses.flat();
  const start = new Int32Array(units.length + 1);
  for (const [k, own] of uses.entries()) start[k + 1] = start[k]! + own.length;
  return {
    pieces: units.map(({ pieces }) => pieces),
    levels: order.levels,
    outputs: program.outputs.length,
    ...{ width, derivatives, base, start, frame },
    to: Int32Array.from(flat, ({ row }) => row),
    weight: Float64Array.from(flat, ({ weight }) => weight),
    weightError: Float64Array.from(flat, ({ error }) => error),
    rounded: flat.some(({ error }) => error !== 0),
    summing: gamma(2 * terms + 10),
  };
}

function byLevel({ units }: PiecewiseLinearProgram): {
  readonly units: readonly number[];
  readonly levels: Int32Array;
} {
  // prettier-ignore
  const level = new Int32Array(units.length);
  for (const [k, { argument }] of units.entries())
    for (const { index } of argument.units) level[k] = Math.max(level[k]!, level[index]! + 1);
  const sorted = [...units.keys()].sort((a, b) => level[a]! - level[b]! || a - b);
  const starts = sorted.flatMap((k, i) => (i === 0 || level[k] !== level[sorted[i - 1]!] ? [i] : []));
  return { units: sorted, levels: Int32Array.of(...starts, units.length) };
}

function frameOf({ range: [[left, right], [low, high]] }: MapPlane): PlaneFrame {
  const scale = (from: number, to: number, center: number): number =>
    2 ** Math.ceil(Math.log2(Math.max(to - center, center - from)));
  const [centerU, centerV] = [left + (right - left) / 2, low + (high - low) / 2];
  return { centerU, centerV, scaleU: scale(left, right, centerU), scaleV: scale(low, high, centerV) };
}

function fillBase(
  base: Float64Array,
  at: number,
  row: Combination,
  plane: MapPlane,
  { centerU, centerV, scaleU, scaleV }: PlaneFrame,
  columns: 'plane' | 'inputs',
  derivatives: number,
  summing: number,
): void {
  const { origin, first, second } = plane;
  const sum = { u: 0, v: 0, c: row.constant.value };
  const error = { u: 0, v: 0, c: row.constant.error };
  let size = { u: 0, v: 0, c: Math.abs(sum.c) };
  let slopeError = 0;
  for (const { index, value, error: wrong } of row.inputs) {
    const [du, dv, dc] = columns === 'plane' ? [Number(index === 0), Number(index === 1), 0] : [first[index]!, second[index]!, origin[index]!]; // prettier-ignore
    sum.u += value * du;
    sum.v += value * dv;
    sum.c += value * dc;
    error.u += wrong * Math.abs(du);
    error.v += wrong * Math.abs(dv);
    error.c += wrong * Math.abs(dc);
    size = { u: size.u + Math.abs(value * du), v: size.v + Math.abs(value * dv), c: size.c + Math.abs(value * dc) };
    if (derivatives === 0) continue;
    base[at + 4 + index] = value;
    slopeError = Math.max(slopeError, wrong);
  }
  // Moved to the middle of the map.
  const shift = sum.u * centerU + sum.v * centerV;
  const rounding = {
    u: error.u + summing * size.u,
    v: error.v + summing * size.v,
    c: error.c + summing * size.c + 4 * roundoff * (Math.abs(sum.c) + Math.abs(sum.u * centerU) + Math.abs(sum.v * centerV)), // prettier-ignore
  };
  base[at] = sum.u * scaleU;
  base[at + 1] = sum.v * scaleV;
  base[at + 2] = sum.c + shift;
  const moved = rounding.c + rounding.u * Math.abs(centerU) + rounding.v * Math.abs(centerV);
  const largest = Math.max(Math.abs(base[at]), Math.abs(base[at + 1]!), Math.abs(base[at + 2]!));
  // The last part: what adding the units' terms to these numbers may lose.
  base[at + 3] = outward * (Math.max(rounding.u * scaleU, rounding.v * scaleV, moved) + summing * largest);
  if (derivatives === 0) return;
  let steepest = 0;
  for (let i = 0; i < derivatives; i++) steepest = Math.max(steepest, Math.abs(base[at + 4 + i]!));
  base[at + 4 + derivatives] = outward * (slopeError + summing * steepest);
}

/** Unit k, on piece i, enters the rows that depend on it. `loose`: how far its value and slope may be off besides, where it sits on a bend. */
export function addUnit(rows: PlaneRows, sums: Float64Array, k: number, i: number, loose: number): void {
  const { width, derivatives, start, to, weight, weightError, summing } = rows;
  const slope = rows.pieces[k]!.slopes[i]!;
  const intercept = rows.pieces[k]!.intercepts[i]!;
  if (slope === 0 && intercept === 0 && loose === 0) return;
  const own = k * width;
  const [a, b, c] = [sums[own]! * slope, sums[own + 1]! * slope, sums[own + 2]! * slope + intercept];
  const steep = Math.abs(slope);
  const size = steep * Math.max(Math.abs(sums[own]!), Math.abs(sums[own + 1]!), Math.abs(sums[own + 2]!)) + Math.abs(intercept); // prettier-ignore
  const error = steep * sums[own + 3]!;
  const wrong = outward * (error + loose + summing * (size + error));
  const weighted = outward * (size + error + loose);
  const [from, end] = [start[k]!, start[k + 1]!];
  // The weights' own errors are rare: they come from folded layers.
  if (rows.rounded) for (let e = from; e < end; e++) sums[to[e]! * width + 3]! += weightError[e]! * weighted;
  for (let e = from; e < end; e++) {
    const at = to[e]! * width;
    const w = weight[e]!;
    sums[at] = sums[at]! + w * a;
    sums[at + 1] = sums[at + 1]! + w * b;
    sums[at + 2] = sums[at + 2]! + w * c;
    sums[at + 3] = sums[at + 3]! + Math.abs(w) * wrong;
  }
  if (derivatives > 0 && slope !== 0) addDerivatives(rows, sums, k, slope);
}

function addDerivatives(rows: PlaneRows, sums: Float64Array, k: number, slope: number): void {
  const { width, derivatives, start, to, weight, weightError, summing } = rows;
  const own = k * width + 4;
  let size = 0;
  for (let i = 0; i < derivatives; i++) size = Math.max(size, Math.abs(sums[own + i]!));
  const steep = Math.abs(slope);
  const error = steep * sums[own + derivatives]!;
  const wrong = outward * (error + summing * (steep * size + error));
  const weighted = outward * (steep * size + error);
  for (let e = start[k]!; e < start[k + 1]!; e++) {
    const at = to[e]! * width + 4;
    const w = weight[e]! * slope;
    for (let i = 0; i < derivatives; i++) sums[at + i]! += w * sums[own + i]!;
    sums[at + derivatives]! += Math.abs(weight[e]!) * wrong + weightError[e]! * weighted;
  }
}
