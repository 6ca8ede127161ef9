import { smallestEigenvalueBelow } from '../../compute/linear-algebra/blocked-cholesky.ts';
import { Envelope } from '../../compute/linear-algebra/envelope.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, gamma } from '../../rounding.ts';
import type { Rows } from './weighted-rows.ts';

/** The largest matrix that is factored for a proof: 300 MB of doubles. */
const largestProof = 4e7;

/** Entries beyond this could make what underflows elsewhere count. */
const largestScaled = 2 ** 100;

/** Columns of the blocks: products of this width take ONNX Runtime moments. */
const blockWidth = 256;

/** Powers of two that bring the diagonal of H near 1; undefined where an entry of it is not a positive number. */
export function variableScales({ squares, rows }: Rows, total: number): Float64Array | undefined {
  const diagonal = new Float64Array(total);
  for (const { variable, weight } of squares) diagonal[variable]! += weight;
  for (const { variable, own, inner, indices, values } of rows) {
    if (variable !== undefined) diagonal[variable]! += own;
    if (inner !== 0) indices.forEach((j, at) => (diagonal[j]! += inner * values[at]! * values[at]!));
  }
  if (!diagonal.every((value) => value > 0 && value < Number.POSITIVE_INFINITY)) return undefined;
  return diagonal.map((value) => 2 ** -Math.round(Math.log2(value) / 2));
}

export interface Assembled {
  /** By how much the norm of the exact matrix may differ from that of the assembled one. */
  readonly error: number;
  /** Of the diagonal's entries. */
  readonly largest: number;
  /** Of the rows' sums of absolute values. */
  readonly largestSum: number;
}

/**
 * The scaled matrix. Where the input meets no other input in it, its rows are a diagonal, and the first steps of the factorisation
 * are done here, on the few entries that they touch; the envelope holds what is left.
 */
export class ScaledMatrix {
  readonly #scales: Float64Array;
  /** How many leading variables are eliminated here: all inputs, or none. */
  readonly #leading: number;
  readonly #rest: Envelope;
  readonly #pivots: Float64Array;
  /** Entries below the pivots: rows (after the leading ones) and values. */
  readonly #columns: readonly { readonly rows: number[]; readonly values: number[] }[];

  static of({ rows }: Rows, scales: Float64Array, inputs: number): ScaledMatrix | undefined {
    const total = scales.length;
    const separate = rows.every(({ inner, indices }) => inner === 0 || (indices[0] ?? total) >= inputs);
    const leading = separate ? inputs : 0;
    const firsts = Int32Array.from({ length: total - leading }, (_, i) => i);
    const meet = (variables: Iterable<number>): void => {
      let least = Number.POSITIVE_INFINITY;
      for (const variable of variables) if (variable >= leading) least = Math.min(least, variable - leading);
      for (const variable of variables)
        if (variable >= leading) firsts[variable - leading] = Math.min(firsts[variable - leading]!, least);
    };
    const seen = Array.from({ length: leading }, (): number[] => []);
    for (const { variable, inner, indices } of rows) {
      if (inner !== 0) meet(variable === undefined ? indices : [...indices, variable]);
      else if (variable !== undefined) {
        for (const j of indices) {
          if (j < leading) seen[j]!.push(variable);
          else firsts[variable - leading] = Math.min(firsts[variable - leading]!, j - leading);
        }
      }
    }
    for (const variables of seen) meet(variables);
    const rest = Envelope.of(firsts, largestProof);
    return rest === undefined ? undefined : new ScaledMatrix(scales, leading, rest);
  }

  private constructor(scales: Float64Array, leading: number, rest: Envelope) {
    this.#scales = scales;
    this.#leading = leading;
    this.#rest = rest;
    this.#pivots = new Float64Array(leading);
    this.#columns = Array.from({ length: leading }, () => ({ rows: [], values: [] }));
  }

  #add(i: number, j: number, value: number): void {
    const leading = this.#leading;
    if (j >= leading) this.#rest.add(i - leading, j - leading, value);
    else if (i === j) this.#pivots[i]! += value;
    else {
      const column = this.#columns[j]!;
      column.rows.push(i - leading);
      column.values.push(value);
    }
  }

  async assemble({ squares, rows, error: rowError }: Rows, pace: Pace): Promise<Assembled> {
    const scales = this.#scales;
    /** Row sums of the same sum with absolute values and majorants everywhere. */
    const sums = new Float64Array(scales.length);
    /** How many summands an entry in this column can have. */
    const summands = new Int32Array(scales.length).fill(2);
    for (const { variable, weight } of squares) {
      const value = weight * scales[variable]! * scales[variable]!;
      this.#add(variable, variable, value);
      sums[variable]! += value;
    }
    for (const { variable, own, cross, inner, indices, values, majorants } of rows) {
      const scaled = values.map((value, at) => value * scales[indices[at]!]!);
      const sizes = majorants.map((size, at) => size * scales[indices[at]!]!);
      const length = sizes.reduce((sum, size) => sum + size, 0);
      const side = variable === undefined ? 0 : scales[variable]!;
      // A weight beside entries that are not near 1 is split into two roots, so that neither product leaves the doubles.
      const root = 2 ** Math.round(Math.log2(Math.max(own, Math.abs(inner), Number.MIN_VALUE)) / 2);
      if (!(Math.max(length * root, side * root) < largestScaled))
        return { error: Number.POSITIVE_INFINITY, largest: 1, largestSum: Number.POSITIVE_INFINITY };
      if (variable !== undefined) {
        const [self, crossing] = [
          (own / root / root) * (side * root) * (side * root),
          (cross / root / root) * (side * root),
        ];
        this.#add(variable, variable, self);
        sums[variable]! += self + Math.abs(crossing) * (length * root);
        indices.forEach((j, at) => {
          this.#add(variable, j, crossing * (scaled[at]! * root));
          sums[j]! += Math.abs(crossing) * (sizes[at]! * root);
          summands[j]! += 1;
        });
      }
      if (pace.due(8 * indices.length)) await pace.rest();
      if (inner === 0) continue;
      const factor = inner / root / root;
      for (let p = 0; p < indices.length; p++) {
        const left = factor * (scaled[p]! * root);
        for (let q = 0; q <= p; q++) this.#add(indices[p]!, indices[q]!, left * (scaled[q]! * root));
        sums[indices[p]!]! += Math.abs(factor) * (sizes[p]! * root) * (length * root);
        summands[indices[p]!]! += 1;
      }
      if (pace.due(4 * indices.length * indices.length)) await pace.rest();
    }
    // Each summand is a product of at most six numbers, two of them entries of a row; 1.01 covers the rounding of the row sums.
    const most = summands.reduce((a, b) => Math.max(a, b), 0);
    const relative = above(above((1 + rowError) * (1 + rowError)) * (1 + 2 * gamma(most + 12)) - 1);
    const largestSum = sums.reduce((a, b) => Math.max(a, b), 0);
    let largest = this.#pivots.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    for (let i = 0; i < this.#rest.n; i++) largest = Math.max(largest, Math.abs(this.#rest.diagonal(i)));
    return { error: above(1.01 * relative * largestSum), largest, largestSum: above(1.01 * largestSum) };
  }

  /** Whether the matrix minus mu times the identity has a Cholesky factor. */
  async isPositiveBy(mu: number, pace: Pace): Promise<boolean> {
    return (await this.#withoutLeading(mu, pace)) !== undefined && this.#rest.factorises(pace);
  }

  /** Plain loops would take seconds. */
  get isLarge(): boolean {
    return this.#rest.n > 500;
  }

  /**
   * The same for large matrices by ONNX Runtime's products. The factorisation of what the leading steps leave says itself how far it is from
   * exact, and the matrix is shifted by that much more before. With k leading steps an entry of the rest is off by gamma_(k + 3) times its own size
   * and the products v_i v_j taken from it, in norm gamma (largest sum of a row + all v_i^2): `choleskyError`, which is in mu, covers it while both
   * stay below the trace, of which `room` is what the row leaves.
   */
  async isPositiveByBlocks(mu: number, room: number, pace: Pace): Promise<boolean> {
    const rest = this.#rest;
    const squares = await this.#withoutLeading(mu, pace);
    if (squares === undefined || !(1.01 * squares <= room)) return false;
    let reserve = 2e-14 * rest.n;
    for (let tries = 0; tries < 2; tries++) {
      const least = await smallestEigenvalueBelow(rest.blockColumns(blockWidth, reserve), pace);
      if (least === undefined) return false;
      if (least >= -0.99 * reserve) return true;
      reserve = -2 * least;
    }
    return false;
  }

  /** Subtracts mu and does the leading steps; the sum of the squares that they took from the diagonal, or undefined where a pivot is not positive. */
  async #withoutLeading(mu: number, pace: Pace): Promise<number | undefined> {
    const rest = this.#rest;
    for (let i = 0; i < rest.n; i++) rest.add(i, i, -mu);
    let squares = 0;
    for (const [j, { rows, values }] of this.#columns.entries()) {
      const pivot = this.#pivots[j]! - mu;
      if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return undefined;
      const root = Math.sqrt(pivot);
      const order = rows.map((_, at) => at).sort((a, b) => rows[a]! - rows[b]!);
      const scaled = Float64Array.from(order, (at) => values[at]! / root);
      for (const value of scaled) squares += value * value;
      rest.subtractSquare(
        order.map((at) => rows[at]!),
        scaled,
      );
      if (pace.due(rows.length * rows.length)) await pace.rest();
    }
    return squares;
  }
}
