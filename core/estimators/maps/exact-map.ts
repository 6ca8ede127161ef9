import type { Norm } from '../../bound.ts';
import { elementCount } from '../../network/tensor.ts';
import type { PreparedNetwork } from '../../passes/prepare.ts';
import type { MapConstant, MapPlane } from '../../report/map.ts';
import { exactColumn } from '../exact/affine-forms.ts';
import { programFrom, programOf } from '../exact/graph.ts';
import type { Small } from '../exact/jacobian-norm.ts';
import { below, gamma } from '../../rounding.ts';
import { outward, planeRows } from './plane-rows.ts';
import { PlaneWalk } from './plane-walk.ts';
import { lengthAbove, stepAbove, stretchAbove, stretchBelow } from './proved-stretch.ts';
import { sliceBall, type SliceBall } from './slice-ball.ts';

/** A piecewise-linear network on a plane, with the norm that its Jacobians are asked for. */
export interface ExactMap {
  /** Where the outputs' rows are computed; all that is asked is asked of its last walk. */
  readonly walk: PlaneWalk;
  /** The Jacobian that stands in the outputs' rows. */
  jacobian(): { readonly matrix: Small; readonly error: number };
  /** Never below the norm of that Jacobian; only 0 <= result <= `enough` when it cannot be above `enough`. */
  above(enough: number): number;
  below(): number;
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
  return new Outputs(new PlaneWalk(rows), plane, norm, ball);
}

class Outputs implements ExactMap {
  readonly walk: PlaneWalk;
  readonly #plane: MapPlane;
  readonly #norm: Norm;
  readonly #ball: SliceBall;
  readonly #matrix: Small;

  constructor(walk: PlaneWalk, plane: MapPlane, norm: Norm, ball: SliceBall) {
    const columns = walk.rows.derivatives === 0 ? 2 : walk.rows.derivatives;
    const outputs = walk.rows.levels.at(-1)!.count;
    this.walk = walk;
    this.#plane = plane;
    this.#norm = norm;
    this.#ball = ball;
    this.#matrix = { rows: outputs, columns, entries: new Float64Array(outputs * columns) };
  }

  jacobian(): { readonly matrix: Small; readonly error: number } {
    const { derivatives, frame } = this.walk.rows;
    const outputs = this.walk.outputs;
    const { entries, columns, rows } = this.#matrix;
    let error = 0;
    for (let i = 0; i < rows; i++) {
      if (derivatives === 0) {
        entries[2 * i] = outputs.a[i]! / frame.scaleU;
        entries[2 * i + 1] = outputs.b[i]! / frame.scaleV;
        error = Math.max(error, (outward * outputs.errors.tilt[i]!) / Math.min(frame.scaleU, frame.scaleV));
      } else {
        for (let j = 0; j < derivatives; j++) entries[i * columns + j] = outputs.slopes[j]![i]!;
        error = Math.max(error, outward * outputs.errors.slope[i]!);
      }
    }
    return { matrix: this.#matrix, error };
  }

  above(enough: number): number {
    const { matrix, error } = this.jacobian();
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

  below(): number {
    const { matrix, error } = this.jacobian();
    const inPlane = this.walk.rows.derivatives === 0 && this.#plane.origin.length > 2;
    return stretchBelow(this.#norm, matrix, error, this.#ball, (direction) =>
      inPlane ? this.stepAbove(direction[0]!, direction[1]!) : lengthAbove(this.#norm, direction),
    );
  }

  stepAbove(du: number, dv: number): number {
    return stepAbove(this.#plane, this.#norm, du, dv);
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
