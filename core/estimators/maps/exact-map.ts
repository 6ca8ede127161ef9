import type { Norm } from '../../bound.ts';
import { elementCount } from '../../network/tensor.ts';
import type { PreparedNetwork } from '../../passes/prepare.ts';
import type { MapConstant, MapPlane } from '../../report/map.ts';
import { exactColumn } from '../exact/affine-forms.ts';
import { programFrom, programOf } from '../exact/graph.ts';
import type { Small } from '../exact/jacobian-norm.ts';
import { above, below, gamma } from '../../rounding.ts';
import { outward, planeRows, type PlaneRows } from './plane-rows.ts';
import { lengthAbove, stretchAbove, stretchBelow } from './proved-stretch.ts';
import { sliceBall, type SliceBall } from './slice-ball.ts';

/** A piecewise-linear network on a plane, with the norm that its Jacobians are asked for. */
export interface ExactMap {
  readonly rows: PlaneRows;
  /** The Jacobian that stands in the outputs' rows. */
  jacobianOf(sums: Float64Array): { readonly matrix: Small; readonly error: number };
  /** Never below the norm of that Jacobian; only 0 <= result <= `enough` when it cannot be above `enough`. */
  above(sums: Float64Array, enough: number): number;
  below(sums: Float64Array): number;
  /** Never below the length, in the input, of a step in the plane; the step itself may be a rounding short. */
  stepAbove(du: number, dv: number): number;
  /** Never above |moved| / step. */
  quotientBelow(moved: readonly number[], step: number): number;
}

/** More than one search over all regions could go through, for each cell holds only a few; and written out within a second. */
const limits = { inputs: 64, units: 2000, entries: 1e6 };

/** undefined where the network is not made of straight pieces, or is too large. */
export function exactMap(
  { analysed, input, output }: PreparedNetwork,
  plane: MapPlane,
  norm: Norm,
  constant: MapConstant,
): ExactMap | undefined {
  const size = elementCount(analysed.types.get(input)!.shape);
  const inPlane = constant === 'slice' && !(plane.axes !== null && size === 2);
  const start = {
    count: size,
    columns: new Map([plane.origin, plane.first, plane.second].map((column, k) => [k, exactColumn(column)])),
  };
  const program = inPlane
    ? programFrom(analysed, input, output, start, 2, limits)
    : programOf(analysed, input, output, limits);
  if (program === undefined) return undefined;
  const rows = planeRows(program, plane, inPlane ? 'plane' : 'inputs');
  const ball: SliceBall = constant === 'slice' ? sliceBall(plane, norm) : { kind: 'usual', distortion: 0 };
  return new Outputs(rows, plane, norm, ball);
}

class Outputs implements ExactMap {
  readonly rows: PlaneRows;
  readonly #plane: MapPlane;
  readonly #norm: Norm;
  readonly #ball: SliceBall;
  readonly #matrix: Small;

  constructor(rows: PlaneRows, plane: MapPlane, norm: Norm, ball: SliceBall) {
    const columns = rows.derivatives === 0 ? 2 : rows.derivatives;
    this.rows = rows;
    this.#plane = plane;
    this.#norm = norm;
    this.#ball = ball;
    this.#matrix = { rows: rows.outputs, columns, entries: new Float64Array(rows.outputs * columns) };
  }

  jacobianOf(sums: Float64Array): { readonly matrix: Small; readonly error: number } {
    const { width, derivatives, pieces, outputs, frame } = this.rows;
    const { entries, columns } = this.#matrix;
    let error = 0;
    for (let i = 0; i < outputs; i++) {
      const at = (pieces.length + i) * width;
      if (derivatives === 0) {
        entries[2 * i] = sums[at]! / frame.scaleU;
        entries[2 * i + 1] = sums[at + 1]! / frame.scaleV;
        error = Math.max(error, (outward * sums[at + 3]!) / Math.min(frame.scaleU, frame.scaleV));
      } else {
        for (let j = 0; j < derivatives; j++) entries[i * columns + j] = sums[at + 4 + j]!;
        error = Math.max(error, outward * sums[at + 4 + derivatives]!);
      }
    }
    return { matrix: this.#matrix, error };
  }

  above(sums: Float64Array, enough: number): number {
    const { matrix, error } = this.jacobianOf(sums);
    const { rows, columns, entries } = matrix;
    // No norm is above the sum of all entries; in l2 not above the root of the sum of their squares.
    let [sum, squares] = [0, 0];
    for (const entry of entries) {
      sum += Math.abs(entry);
      squares += entry * entry;
    }
    const simple = this.#norm === 'l2' ? Math.sqrt(squares) : sum;
    if (this.#ball.kind === 'usual' && simple * (1 + 1e-9) + 2 * rows * columns * error < enough * (1 - this.#ball.distortion)) return simple; // prettier-ignore
    return stretchAbove(this.#norm, matrix, error, this.#ball);
  }

  below(sums: Float64Array): number {
    const { matrix, error } = this.jacobianOf(sums);
    const inPlane = this.rows.derivatives === 0 && this.#plane.origin.length > 2;
    return stretchBelow(this.#norm, matrix, error, this.#ball, (direction) =>
      inPlane ? this.stepAbove(direction[0]!, direction[1]!) : lengthAbove(this.#norm, direction),
    );
  }

  stepAbove(du: number, dv: number): number {
    const { axes, first, second } = this.#plane;
    if (axes !== null) return lengthAbove(this.#norm, [du, dv]) * (1 + 2 ** -50);
    const step = Float64Array.from(first, (value, i) => {
      const [a, b] = [Math.abs(du * value), Math.abs(dv * second[i]!)];
      return Math.abs(du * value + dv * second[i]!) + above(gamma(4) * (a + b));
    });
    return lengthAbove(this.#norm, step) * (1 + 2 ** -50);
  }

  quotientBelow(moved: readonly number[], step: number): number {
    const squares = moved.reduce((sum, value) => sum + value * value, 0);
    const length =
      this.#norm === 'l2'
        ? Math.sqrt(squares)
        : this.#norm === 'l1'
          ? moved.reduce((a, b) => a + b, 0)
          : Math.max(...moved);
    return Math.max(0, below((length * (1 - gamma(moved.length + 8))) / step));
  }
}
