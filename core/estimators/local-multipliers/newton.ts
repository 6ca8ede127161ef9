import { type Factor, factorOf, inverseFrom, inverseOfFactor, part, place, solveFactored, solveLowerVector, solveUpperVector } from '../../compute/linear-algebra/dense-factor.ts'; // prettier-ignore
import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { dot, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { rowOf, type CentreForm } from '../centre-form/form.ts';
import type { Problem } from './problem.ts';

/** At a point (the numbers s, then the square) inside: what second derivatives of -log det F say. */
export interface Directions {
  /** Newton's step for -log det F, and for the square, both in the metric of the second derivatives. */
  readonly centring: Float64Array;
  readonly lowering: Float64Array;
  /** By how much the square alone could fall. */
  readonly surplus: number;
  /** The length, in this metric, of the step for square / mu - log det F. */
  readonly decrementAt: (mu: number) => number;
}

/**
 * The matrix F of a problem, its factors, and the directions that its second derivatives give. A variable enters F as rows of the identity and of V, so that the second derivatives of log det F are
 * squares of entries of P = F^-1, P V and V'P V.
 */
export class Newton {
  readonly #problem: Problem;
  readonly #products: DenseProducts;
  /** V without its first rows, which are zero: nothing comes before the first units. */
  readonly #v: Dense;
  readonly #skipped: number;
  readonly #direct: Dense;
  #gram: Dense | undefined;

  constructor(form: CentreForm, problem: Problem, products: DenseProducts) {
    this.#problem = problem;
    this.#products = products;
    const crossing = Array.from(problem.rows, (row) => rowOf(form.crossing, row, form.deviations));
    const first = crossing.findIndex((row) => row.some((entry) => entry !== 0));
    this.#skipped = first < 0 ? problem.rows.length : first;
    this.#v = zeros(problem.rows.length - this.#skipped, form.deviations);
    crossing.slice(this.#skipped).forEach((row, i) => this.#v.entries.set(row, i * form.deviations));
    this.#direct = zeros(problem.rows.length, form.inputs);
    problem.rows.forEach((row, i) => this.#direct.entries.set(rowOf(form.direct, row, form.inputs), i * form.inputs));
  }

  /** The factor of F, or undefined where it is not positive definite. */
  async factorAt(point: Float64Array): Promise<Factor | undefined> {
    if (!point.every((value) => value > 0)) return undefined;
    const { share, deviationVariable, rows } = this.#problem;
    const p = rows.length;
    this.#gram ??= await this.#products.timesTransposed(this.#direct, this.#direct);
    const scaled = zeros(this.#v.rows, this.#v.columns);
    const roots = share.map((c, k) => Math.sqrt(c * point[deviationVariable[k]!]!));
    for (let i = 0, at = 0; i < scaled.rows; i++)
      for (let k = 0; k < roots.length; k++, at++) scaled.entries[at] = this.#v.entries[at]! * roots[k]!;
    const f = zeros(p, p);
    place(f, await this.#products.timesTransposed(scaled, scaled), this.#skipped, this.#skipped);
    for (let at = 0; at < p * p; at++) f.entries[at] = -f.entries[at]! - this.#gram.entries[at]!;
    this.#diagonalAt(point).forEach((value, i) => (f.entries[i * (p + 1)]! += value));
    return factorOf(f, this.#products);
  }

  #diagonalAt(point: Float64Array): Float64Array {
    const { rows, kappa, rowVariable, outputs } = this.#problem;
    return Float64Array.from(rows, (_, i) =>
      i < rows.length - outputs ? kappa[i]! * point[rowVariable[i]!]! : point.at(-1)!,
    );
  }

  async directions(point: Float64Array, factor: Factor): Promise<Directions> {
    const { rows, kappa, rowVariable, outputs, share, deviationVariable, variables } = this.#problem;
    const p = rows.length;
    const n = share.length;
    const m = variables + 1;
    const inverse = await inverseFrom(await inverseOfFactor(factor, this.#products), this.#products);
    const across = await this.#products.product(part(inverse, 0, p, this.#skipped, p), this.#v);
    const inner = await this.#products.transposedTimes(this.#v, part(across, this.#skipped, p, 0, n));
    const variableOf = (i: number): number => (i < p - outputs ? rowVariable[i]! : variables);
    const weightOf = (i: number): number => (i < p - outputs ? kappa[i]! : 1);
    const hessian = zeros(m, m);
    const gradient = new Float64Array(m);
    for (let i = 0; i < p; i++) {
      const [a, wa] = [variableOf(i), weightOf(i)];
      gradient[a]! -= wa * inverse.entries[i * (p + 1)]!;
      for (let j = 0; j < p; j++)
        hessian.entries[a * m + variableOf(j)]! += wa * weightOf(j) * inverse.entries[i * p + j]! ** 2;
      for (let k = 0; k < n; k++) {
        const value = wa * share[k]! * across.entries[i * n + k]! ** 2;
        const b = deviationVariable[k]!;
        hessian.entries[a * m + b]! -= value;
        hessian.entries[b * m + a]! -= value;
      }
    }
    for (let k = 0; k < n; k++) {
      const a = deviationVariable[k]!;
      gradient[a]! += share[k]! * inner.entries[k * (n + 1)]!;
      for (let l = 0; l < n; l++)
        hessian.entries[a * m + deviationVariable[l]!]! += share[k]! * share[l]! * inner.entries[k * n + l]! ** 2;
    }
    const objective = new Float64Array(m);
    objective[variables] = 1;
    const [centring, lowering] = await this.#solved(hessian, gradient, objective, point);
    const [own, mixed, other] = [dot(centring, gradient), dot(centring, objective), dot(lowering, objective)];
    let largest = 0;
    for (let i = p - outputs; i < p; i++) {
      let sum = 0;
      for (let j = p - outputs; j < p; j++) sum += Math.abs(inverse.entries[i * p + j]!);
      largest = Math.max(largest, sum);
    }
    return {
      centring,
      lowering,
      surplus: 0.999 / largest,
      decrementAt: (mu) => Math.sqrt(Math.max(0, -own - (2 * mixed) / mu - other / mu ** 2)),
    };
  }

  /** What -log det F gains from each input: x_j' F^-1 x_j for every column of X. */
  async pulls(factor: Factor): Promise<Float64Array> {
    const { rows, columns, entries } = this.#direct;
    const inverse = await inverseFrom(await inverseOfFactor(factor, this.#products), this.#products);
    const across = await this.#products.product(inverse, this.#direct);
    const pulls = new Float64Array(columns);
    for (let i = 0, at = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, at++) pulls[j]! += entries[at]! * across.entries[at]!;
    return pulls;
  }

  /** How many times the direction may be gone before F is singular, as estimated: the least eigenvalue of the change of F in the metric of F. */
  async reach(factor: Factor, direction: Float64Array, pace: Pace): Promise<number> {
    const { rows, share, deviationVariable } = this.#problem;
    const { rows: height, columns: n, entries: v } = this.#v;
    const diagonal = this.#diagonalAt(direction);
    const along = share.map((c, k) => c * direction[deviationVariable[k]!]!);
    const apply = (x: Float64Array): Float64Array => {
      const y = solveUpperVector(factor, x);
      const z = y.map((value, i) => -value * diagonal[i]!);
      const across = new Float64Array(n);
      for (let i = 0, at = 0; i < height; i++) {
        const value = y[this.#skipped + i]!;
        for (let k = 0; k < n; k++, at++) across[k]! += v[at]! * value;
      }
      for (let k = 0; k < n; k++) across[k]! *= along[k]!;
      for (let i = 0, at = 0; i < height; i++) {
        let sum = 0;
        for (let k = 0; k < n; k++, at++) sum += v[at]! * across[k]!;
        z[this.#skipped + i]! += sum;
      }
      return solveLowerVector(factor, z);
    };
    const cost = rows.length ** 2 + 2 * height * n;
    const { value } = await largestEigenpair(apply, seededVector(rows.length, 1), { steps: 40, tolerance: 0.01, cost }, pace); // prettier-ignore
    return value > 0 ? 1 / value : Number.POSITIVE_INFINITY;
  }

  /** In units of the point itself, and with a diagonal of ones; a hair on it, as much as it takes, for what rounding ate. */
  async #solved(
    hessian: Dense,
    gradient: Float64Array,
    objective: Float64Array,
    point: Float64Array,
  ): Promise<readonly [Float64Array, Float64Array]> {
    const m = point.length;
    const units = point.map((value, i) => 1 / Math.sqrt(Math.max(hessian.entries[i * (m + 1)]!, 1e-300 / value ** 2)));
    const downhill = (of: Float64Array): Float64Array => of.map((value, i) => -value * units[i]!);
    for (const hair of [1e-13, 1e-10, 1e-7, 1e-4]) {
      const scaled = zeros(m, m);
      for (let i = 0; i < m; i++)
        for (let j = 0; j < m; j++)
          scaled.entries[i * m + j] = hessian.entries[i * m + j]! * units[i]! * units[j]! + (i === j ? hair : 0);
      const factor = await factorOf(scaled, this.#products);
      if (factor === undefined) continue;
      const solved = (of: Float64Array): Float64Array =>
        solveFactored(factor, downhill(of)).map((value, i) => value * units[i]!);
      return [solved(gradient), solved(objective)];
    }
    const alone = (of: Float64Array): Float64Array => downhill(of).map((value, i) => value * units[i]!);
    return [alone(gradient), alone(objective)];
  }
}
