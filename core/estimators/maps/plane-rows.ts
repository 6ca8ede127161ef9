import { rowsPerStep } from '../../compute/wasm/row-kernels.ts';
import { gamma, unit as roundoff } from '../../rounding.ts';
import type { MapPlane } from '../../report/map.ts';
import type { Combination, PiecewiseLinearProgram, Pieces } from '../exact/program.ts';

/**
 * A piecewise-linear program on a plane, as dense numbers: every unit and output is an affine function of the plane's coordinates p and q,
 * which run from -1 to 1 over the whole map, once the pieces of the units before it are known. Its columns are
 *
 *   a, b, c, and where the full input is asked for: its derivatives by every input
 *
 * with the value a p + b q + c.
 */
export interface PlaneRows {
  /** Units by level: those of a level depend on earlier levels alone. */
  readonly pieces: readonly Pieces[];
  /** The slope and the intercept of piece i of unit k stand at firstPiece[k] + i. */
  readonly firstPiece: Int32Array;
  readonly slopes: Float64Array;
  readonly intercepts: Float64Array;
  /** The last one is the outputs. */
  readonly levels: readonly PlaneLevel[];
  /** Derivatives by inputs; 0 where a and b are all that is asked for. */
  readonly derivatives: number;
  readonly columns: number;
  readonly frame: PlaneFrame;
}

/** Rows that are computed together. */
export interface PlaneLevel {
  /** Of its units, among all. */
  readonly first: number;
  readonly count: number;
  /** Filled up for the kernel. */
  readonly padded: number;
  /** Column after column: what does not come from units. */
  readonly base: Float64Array;
  readonly errors: RowErrors;
  readonly sources: readonly LevelSource[];
  /** Relative error of summing a row's terms. */
  readonly summing: number;
}

/** Of each row: how far c is off, how far a and b are, and how far the derivatives are. */
export interface RowErrors {
  readonly shift: Float64Array;
  readonly tilt: Float64Array;
  readonly slope: Float64Array;
}

/** What a level takes from the units of an earlier one. */
export interface LevelSource {
  readonly level: number;
  /** The units that are used, among all. */
  readonly units: Int32Array;
  /** Unit after unit, each the weights with which it enters the rows. */
  readonly weights: Float64Array;
  /** Of each row: the sum of the weights' sizes, and of their errors. */
  readonly total: Float64Array;
  readonly totalError: Float64Array;
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
  const levelOf = levelsOf(program);
  const last = levelOf.reduce((most, level) => Math.max(most, level + 1), 0);
  const units = [...levelOf.keys()].sort((a, b) => levelOf[a]! - levelOf[b]! || a - b);
  const place = new Int32Array(units.length);
  for (const [k, unit] of units.entries()) place[unit] = k;
  // Where the plane is all of the input, a and b are the derivatives already.
  const derivatives = columns === 'plane' || (plane.axes !== null && program.inputs === 2) ? 0 : program.inputs;
  const frame = frameOf(plane);
  let first = 0;
  const levels = Array.from({ length: last + 1 }, (_, l): PlaneLevel => {
    const own = units.filter((unit) => levelOf[unit] === l);
    const rows = l === last ? program.outputs : own.map((unit) => program.units[unit]!.argument);
    const level = levelOfRows(rows, first, { plane, frame, columns, derivatives }, (unit) => ({ place: place[unit]!, level: levelOf[unit]! })); // prettier-ignore
    first += own.length;
    return level;
  });
  const pieces = units.map((k) => program.units[k]!.pieces);
  const firstPiece = new Int32Array(units.length);
  for (let k = 1; k < units.length; k++) firstPiece[k] = firstPiece[k - 1]! + pieces[k - 1]!.slopes.length;
  return {
    ...{ pieces, firstPiece, levels, derivatives, columns: 3 + derivatives, frame },
    slopes: Float64Array.from(pieces.flatMap(({ slopes }) => slopes)),
    intercepts: Float64Array.from(pieces.flatMap(({ intercepts }) => intercepts)),
  };
}

function levelsOf({ units }: PiecewiseLinearProgram): readonly number[] {
  const level = units.map(() => 0);
  for (const [k, { argument }] of units.entries())
    for (const { index } of argument.units) level[k] = Math.max(level[k]!, level[index]! + 1);
  return level;
}

interface Placing {
  readonly plane: MapPlane;
  readonly frame: PlaneFrame;
  readonly columns: 'plane' | 'inputs';
  readonly derivatives: number;
}

function levelOfRows(
  rows: readonly Combination[],
  first: number,
  placing: Placing,
  unitAt: (unit: number) => { readonly place: number; readonly level: number },
): PlaneLevel {
  const count = rows.length;
  const padded = rowsPerStep * Math.ceil(count / rowsPerStep);
  const terms = rows.reduce((most, { inputs, units }) => Math.max(most, inputs.length + units.length), 1);
  const summing = gamma(2 * terms + 10);
  const base = new Float64Array((3 + placing.derivatives) * padded);
  const errors = { shift: new Float64Array(count), tilt: new Float64Array(count), slope: new Float64Array(count) };
  const uses = new Map<number, Map<number, { row: number; weight: number; error: number }[]>>();
  for (const [r, row] of rows.entries()) {
    const wrong = fillBase(base, r, padded, row, placing, summing);
    errors.shift[r] = wrong.shift;
    errors.tilt[r] = wrong.tilt;
    errors.slope[r] = wrong.slope;
    for (const { index, value, error: off } of row.units) {
      const { place, level } = unitAt(index);
      const ofLevel = uses.get(level) ?? new Map<number, { row: number; weight: number; error: number }[]>();
      uses.set(level, ofLevel);
      const ofUnit = ofLevel.get(place) ?? [];
      ofLevel.set(place, ofUnit);
      ofUnit.push({ row: r, weight: value, error: off });
    }
  }
  const sources = [...uses].map(([level, ofLevel]): LevelSource => {
    const units = Int32Array.from(ofLevel.keys()).sort();
    const weights = new Float64Array(units.length * padded);
    const [total, totalError] = [new Float64Array(count), new Float64Array(count)];
    for (const [i, unit] of units.entries())
      for (const { row, weight, error: off } of ofLevel.get(unit)!) {
        weights[i * padded + row] = weight;
        total[row]! += Math.abs(weight);
        totalError[row]! += off;
      }
    return { level, units, weights, total, totalError };
  });
  return { first, count, padded, base, errors, sources, summing };
}

function frameOf({ range: [[left, right], [low, high]] }: MapPlane): PlaneFrame {
  const scale = (from: number, to: number, center: number): number =>
    2 ** Math.ceil(Math.log2(Math.max(to - center, center - from)));
  const [centerU, centerV] = [left + (right - left) / 2, low + (high - low) / 2];
  return { centerU, centerV, scaleU: scale(left, right, centerU), scaleV: scale(low, high, centerV) };
}

/** The part of a row that comes from the input alone; returns how far it is off, the summing of all terms included. */
function fillBase(
  base: Float64Array,
  r: number,
  stride: number,
  row: Combination,
  { plane, frame, columns, derivatives }: Placing,
  summing: number,
): { readonly shift: number; readonly tilt: number; readonly slope: number } {
  const { centerU, centerV, scaleU, scaleV } = frame;
  const { origin, first, second } = plane;
  const sum = { u: 0, v: 0, c: row.constant.value };
  const error = { u: 0, v: 0, c: row.constant.error };
  const size = { u: 0, v: 0, c: Math.abs(sum.c) };
  let [slopeError, steepest] = [0, 0];
  for (const { index, value, error: wrong } of row.inputs) {
    const [du, dv, dc] = columns === 'plane' ? [Number(index === 0), Number(index === 1), 0] : [first[index]!, second[index]!, origin[index]!]; // prettier-ignore
    sum.u += value * du;
    sum.v += value * dv;
    sum.c += value * dc;
    error.u += wrong * Math.abs(du);
    error.v += wrong * Math.abs(dv);
    error.c += wrong * Math.abs(dc);
    size.u += Math.abs(value * du);
    size.v += Math.abs(value * dv);
    size.c += Math.abs(value * dc);
    if (derivatives === 0) continue;
    base[(3 + index) * stride + r] = value;
    slopeError = Math.max(slopeError, wrong);
    steepest = Math.max(steepest, Math.abs(value));
  }
  // Moved to the middle of the map.
  const shift = sum.u * centerU + sum.v * centerV;
  const rounding = {
    u: error.u + summing * size.u,
    v: error.v + summing * size.v,
    c: error.c + summing * size.c + 4 * roundoff * (Math.abs(sum.c) + Math.abs(sum.u * centerU) + Math.abs(sum.v * centerV)), // prettier-ignore
  };
  const [a, b, c] = [sum.u * scaleU, sum.v * scaleV, sum.c + shift];
  base[r] = a;
  base[stride + r] = b;
  base[2 * stride + r] = c;
  const moved = rounding.c + rounding.u * Math.abs(centerU) + rounding.v * Math.abs(centerV);
  // The last parts: what adding the units' terms to these numbers may lose.
  return {
    shift: outward * (moved + summing * Math.abs(c)),
    tilt: outward * (Math.max(rounding.u * scaleU, rounding.v * scaleV) + summing * Math.max(Math.abs(a), Math.abs(b))),
    slope: outward * (slopeError + summing * steepest),
  };
}
