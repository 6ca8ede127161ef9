import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { factorOf, inverseFrom, inverseOfFactor, solveFactored } from '../../compute/linear-algebra/dense-factor.ts';
import { rowOf, type CentreForm } from '../centre-form/form.ts';
import type { Problem, Start } from './problem.ts';

/** Numbers with which F is positive definite as computed: to be proved. */
export type Iterate = Start;

const mostSteps = 80;
/** Of the barrier, after a step that came close to its centre. */
const sharpening = 0.15;

/**
 * The least square with F(s, square) >= 0, by Newton's method on square / mu - log det F with mu falling (Vandenberghe and Boyd, Semidefinite programming, SIAM Review 1996). Every step stays
 * inside, so every iterate is a bound. A variable enters F as rows of the identity and of V, so that the second derivatives are squares of entries of P = F^-1, P V and V'P V.
 */
export async function* barrier(
  form: CentreForm,
  problem: Problem,
  start: Start,
  products: DenseProducts,
): AsyncGenerator<Iterate> {
  const solver = new Barrier(form, problem, products);
  let point = Float64Array.of(...start.s, 2 * start.square).map((value, i) => (i < start.s.length ? 2 * value : value));
  let factor = await solver.factorAt(point);
  if (factor === undefined) return;
  let mu = (2 * start.square) / problem.rows.length;
  for (let step = 0; step < mostSteps; step++) {
    const { direction, decrement, surplus } = await solver.newton(point, factor, mu);
    const square = point.at(-1)!;
    yield { s: point.slice(0, -1), square: square - surplus };
    if (mu * problem.rows.length < 1e-5 * square) return;
    let length = decrement > 1 ? 1 / (1 + 0.2 * decrement) : 1;
    for (;;) {
      const next = point.map((value, i) => value + length * direction[i]!);
      const found = next.every((value) => value > 0) ? await solver.factorAt(next) : undefined;
      if (found !== undefined) {
        [point, factor] = [next, found];
        break;
      }
      length /= 2;
      if (length < 1e-6) return;
    }
    if (decrement < 2) mu *= sharpening;
    else if (length > 0.3) mu *= 0.5;
  }
}

class Barrier {
  readonly #problem: Problem;
  readonly #products: DenseProducts;
  readonly #v: Dense;
  readonly #direct: Dense;
  #gram: Dense | undefined;

  constructor(form: CentreForm, problem: Problem, products: DenseProducts) {
    this.#problem = problem;
    this.#products = products;
    const p = problem.rows.length;
    this.#v = zeros(p, form.deviations);
    this.#direct = zeros(p, form.inputs);
    problem.rows.forEach((row, i) => {
      this.#v.entries.set(rowOf(form.crossing, row, form.deviations), i * form.deviations);
      this.#direct.entries.set(rowOf(form.direct, row, form.inputs), i * form.inputs);
    });
  }

  /** The factor of F, or undefined where it is not positive definite. */
  async factorAt(point: Float64Array) {
    const { rows, kappa, rowVariable, outputs, share, deviationVariable } = this.#problem;
    const p = rows.length;
    this.#gram ??= await this.#products.timesTransposed(this.#direct, this.#direct);
    const scaled = zeros(p, this.#v.columns);
    const roots = share.map((c, k) => Math.sqrt(c * point[deviationVariable[k]!]!));
    for (let i = 0, at = 0; i < p; i++)
      for (let k = 0; k < roots.length; k++, at++) scaled.entries[at] = this.#v.entries[at]! * roots[k]!;
    const f = await this.#products.timesTransposed(scaled, scaled);
    for (let at = 0; at < p * p; at++) f.entries[at] = -f.entries[at]! - this.#gram.entries[at]!;
    for (let i = 0; i < p; i++)
      f.entries[i * (p + 1)]! += i < p - outputs ? kappa[i]! * point[rowVariable[i]!]! : point.at(-1)!;
    return factorOf(f, this.#products);
  }

  /** Newton's step; its length in the local norm; and by how much the square alone could fall. */
  async newton(
    point: Float64Array,
    factor: NonNullable<Awaited<ReturnType<typeof factorOf>>>,
    mu: number,
  ): Promise<{ direction: Float64Array; decrement: number; surplus: number }> {
    const { rows, kappa, rowVariable, outputs, share, deviationVariable, variables } = this.#problem;
    const p = rows.length;
    const n = share.length;
    const m = variables + 1;
    const inverse = await inverseFrom(await inverseOfFactor(factor, this.#products), this.#products);
    const across = await this.#products.product(inverse, this.#v);
    const inner = await this.#products.transposedTimes(this.#v, across);
    const variableOf = (i: number): number => (i < p - outputs ? rowVariable[i]! : variables);
    const weightOf = (i: number): number => (i < p - outputs ? kappa[i]! : 1);
    const hessian = zeros(m, m);
    const gradient = new Float64Array(m);
    gradient[variables] = 1 / mu;
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
    const relative = await this.#solved(hessian, gradient, point);
    const right = gradient.map((value, i) => -value * point[i]!);
    let decrement = 0;
    for (let i = 0; i < m; i++) decrement += relative[i]! * right[i]!;
    let largest = 0;
    for (let i = p - outputs; i < p; i++) {
      let sum = 0;
      for (let j = p - outputs; j < p; j++) sum += Math.abs(inverse.entries[i * p + j]!);
      largest = Math.max(largest, sum);
    }
    return {
      direction: relative.map((value, i) => value * point[i]!),
      decrement: Math.sqrt(Math.max(0, decrement)),
      surplus: 0.999 / largest,
    };
  }

  /** In units of the point itself, and with a diagonal of ones; a hair on it, as much as it takes, for what rounding ate. */
  async #solved(hessian: Dense, gradient: Float64Array, point: Float64Array): Promise<Float64Array> {
    const m = gradient.length;
    const units = point.map((value, i) => 1 / Math.sqrt(Math.max(hessian.entries[i * (m + 1)]!, 1e-300 / value ** 2)));
    for (const hair of [1e-13, 1e-10, 1e-7, 1e-4]) {
      const scaled = zeros(m, m);
      for (let i = 0; i < m; i++)
        for (let j = 0; j < m; j++)
          scaled.entries[i * m + j] = hessian.entries[i * m + j]! * units[i]! * units[j]! + (i === j ? hair : 0);
      const factor = await factorOf(scaled, this.#products);
      if (factor === undefined) continue;
      const solution = solveFactored(
        factor,
        Float64Array.from(gradient, (value, i) => -value * units[i]!),
      );
      return solution.map((value, i) => (value * units[i]!) / point[i]!);
    }
    return Float64Array.from(gradient, (value, i) => (-value * units[i]! ** 2) / point[i]!);
  }
}
