import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { factorOf, inverseFrom, inverseOfFactor, solveFactored } from '../../compute/linear-algebra/dense-factor.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { DenseProblem } from './dense-problem.ts';
import { stepEquations, traces, tracesOfAny } from './equations.ts';
import type { Iterate } from './descent.ts';
import { QuadraticForm } from './quadratic-form.ts';

/** Dual: y = (square, multipliers), each of which is a bound, and the inverse of H there. Primal: X, and the slacks of lam >= 0. */
interface State {
  readonly y: Float64Array;
  readonly inverse: Dense;
  readonly primal: Dense;
  readonly slacks: Float64Array;
}

/**
 * The least square for which multipliers exist: a semidefinite program, minimise the square with H(square, lam) >= 0 and lam >= 0, by
 * the primal-dual path following of Helmberg, Rendl, Vanderbei and Wolkowicz (SIAM J. Optim. 6, 1996) with Mehrotra's corrector, as
 * in CSDP (Borchers 1999). The start is feasible, so every iterate is a bound. Multipliers enter H as products of two rows each, so
 * that the equations of a step cost no more than the inverse of H.
 */
export async function* interiorPoint(
  problem: DenseProblem,
  start: Iterate,
  products: DenseProducts,
  pace: Pace,
): AsyncGenerator<Iterate> {
  const solver = new Solver(await QuadraticForm.of(problem, products), products, pace);
  let state = await solver.begin(start);
  let caution = 0.3;
  for (let step = 0; step < 100 && state !== undefined; step++) {
    const share = await solver.outputShare(state.inverse);
    yield { multipliers: state.y.subarray(1).map((lam) => lam * share), thetas: [], square: state.y[0]! * share };
    const next = await solver.step(state, caution);
    if (next === undefined || next.gap < 1e-9 * state.y[0]!) return;
    // A step that could be taken whole says that the path is straight here.
    caution = Math.min(0.5, Math.max(0.02, (1 - next.length) ** 2));
    state = next.state;
  }
}

class Solver {
  readonly #form: QuadraticForm;
  readonly #products: DenseProducts;
  readonly #pace: Pace;

  constructor(form: QuadraticForm, products: DenseProducts, pace: Pace) {
    this.#form = form;
    this.#products = products;
    this.#pace = pace;
  }

  /** Twice the square of a bound is well inside; X a multiple of H^-1 lies on the central path, but for its constraints. */
  async begin({ multipliers, square }: Iterate): Promise<State | undefined> {
    const y = Float64Array.of(2 * square, ...multipliers.map((lam) => 2 * lam));
    const inverse = await this.#inverseAt(y);
    if (inverse === undefined) return undefined;
    const n = inverse.rows;
    let trace = 0;
    for (let i = 0; i < this.#form.problem.sizes[0]!; i++) trace += inverse.entries[i * (n + 1)]!;
    const primal: Dense = { ...inverse, entries: inverse.entries.map((value) => value / trace) };
    return { y, inverse, primal, slacks: y.subarray(1).map((lam) => 1 / (lam * trace)) };
  }

  /** With M = C H^-1 C', square and multipliers may shrink by |M (I + M)^-1|: then H is only just positive. */
  async outputShare(inverse: Dense): Promise<number> {
    const gram = await this.#form.onOutputs(inverse);
    const n = gram.rows;
    const apply = (x: Float64Array): Float64Array => {
      const y = new Float64Array(n);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) y[i]! += gram.entries[i * n + j]! * x[j]!;
      return y;
    };
    const options = { steps: 100, tolerance: 1e-12, cost: n * n };
    const { value } = await largestEigenpair(apply, seededVector(n, 1), options, this.#pace);
    return value / (1 + value);
  }

  async step(
    { y, inverse, primal, slacks }: State,
    caution: number,
  ): Promise<{ readonly state: State; readonly length: number; readonly gap: number } | undefined> {
    const [form, products] = [this.#form, this.#products];
    const onInverse = await form.onRows(inverse);
    await this.#pace.rest();
    const onPrimal = await form.onRows(primal);
    await this.#pace.rest();
    const equations = stepEquations(form, onInverse, onPrimal, y);
    const size = y.length;
    for (let k = 1; k < size; k++) equations.entries[k * (size + 1)]! += y[k]! * slacks[k - 1]!;
    const factor = await factorOf(equations, products);
    if (factor === undefined) return undefined;
    const solve = (right: Float64Array): Float64Array =>
      solveFactored(
        factor,
        right.map((value, k) => value * y[k]!),
      ).map((value, k) => value * y[k]!);
    await this.#pace.rest();

    // tr(A_k H^-1), slacks included.
    const centre = traces(form, onInverse).map((value, k) => (k === 0 ? value : value + 1 / y[k]!));
    const toBest = new Float64Array(size);
    toBest[0] = -1;
    const predictor = solve(toBest);
    const predicted = await products.product(inverse, await this.#change(predictor));
    await this.#pace.rest();
    const primalChange = symmetric(await this.#primalChange(predicted, primal, undefined, 0));
    const slackChange = slacks.map((slack, k) => -slack - (slack * predictor[k + 1]!) / y[k + 1]!);
    await this.#pace.rest();
    const second = await products.product(predicted, primalChange);
    const secondSlacks = slackChange.map((change, k) => (predictor[k + 1]! * change) / y[k + 1]!);
    const secondTraces = await tracesOfAny(form, second);
    await this.#pace.rest();

    const gap = await this.#gap(y, primal, slacks);
    const height = (caution * gap) / (inverse.rows + slacks.length);
    const direction = solve(
      toBest.map((value, k) => value + height * centre[k]! - secondTraces[k]! - (k === 0 ? 0 : secondSlacks[k - 1]!)),
    );
    const change = await products.product(inverse, await this.#change(direction));
    const towards = await this.#primalChange(change, primal, inverse, height);
    for (let i = 0; i < towards.entries.length; i++) towards.entries[i]! -= second.entries[i]!;
    const slackTowards = slacks.map(
      (slack, k) => -slack + (height - slack * direction[k + 1]!) / y[k + 1]! - secondSlacks[k]!,
    );
    await this.#pace.rest();
    return this.#move({ y, inverse, primal, slacks }, direction, symmetric(towards), slackTowards, gap);
  }

  /** The longest steps, one for each side, that stay inside. */
  async #move(
    { y, primal, slacks }: State,
    direction: Float64Array,
    towards: Dense,
    slackTowards: Float64Array,
    gap: number,
  ): Promise<{ readonly state: State; readonly length: number; readonly gap: number } | undefined> {
    let dual = 0.95 * Math.min(1 / 0.95, longest(y, direction));
    let inverse: Dense | undefined;
    for (let tries = 0; tries < 40 && inverse === undefined; tries++, dual *= 0.8) {
      const beyond = y.map((value, k) => value + 1.05 * dual * direction[k]!);
      if ((await factorOf(await this.#form.at(beyond[0]!, beyond.subarray(1), 'form'), this.#products)) === undefined)
        continue;
      inverse = await this.#inverseAt(y.map((value, k) => value + dual * direction[k]!));
      if (inverse !== undefined) break;
      await this.#pace.rest();
    }
    if (inverse === undefined) return undefined;
    let length = 0.95 * Math.min(1 / 0.95, longest(slacks, slackTowards));
    for (let tries = 0; tries < 40; tries++, length *= 0.8) {
      if ((await factorOf(moved(primal, towards, 1.05 * length), this.#products)) !== undefined) break;
      await this.#pace.rest();
    }
    const state: State = {
      y: y.map((value, k) => value + dual * direction[k]!),
      inverse,
      primal: moved(primal, towards, length),
      slacks: slacks.map((slack, k) => slack + length * slackTowards[k]!),
    };
    return { state, length: Math.min(dual, length), gap };
  }

  async #inverseAt(y: Float64Array): Promise<Dense | undefined> {
    const factor = await factorOf(await this.#form.at(y[0]!, y.subarray(1), 'form'), this.#products);
    if (factor === undefined) return undefined;
    return inverseFrom(await inverseOfFactor(factor, this.#products), this.#products);
  }

  async #change(direction: Float64Array): Promise<Dense> {
    return mirrored(await this.#form.at(direction[0]!, direction.subarray(1), 'step'));
  }

  /** -X + height H^-1 - H^-1 dH X. */
  async #primalChange(change: Dense, primal: Dense, inverse: Dense | undefined, height: number): Promise<Dense> {
    const product = await this.#products.product(change, primal);
    const { entries } = product;
    for (let i = 0; i < entries.length; i++) entries[i] = -primal.entries[i]! - entries[i]!;
    if (inverse !== undefined) for (let i = 0; i < entries.length; i++) entries[i]! += height * inverse.entries[i]!;
    return product;
  }

  /** tr(X H) + x lam: once X is feasible, never less than how far the square is from the least one. */
  async #gap(y: Float64Array, primal: Dense, slacks: Float64Array): Promise<number> {
    const whole = await this.#form.at(y[0]!, y.subarray(1), 'form');
    const n = whole.rows;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) sum += 2 * primal.entries[i * n + j]! * whole.entries[i * n + j]!;
      sum += primal.entries[i * (n + 1)]! * whole.entries[i * (n + 1)]!;
    }
    slacks.forEach((slack, k) => (sum += slack * y[k + 1]!));
    return sum;
  }
}

/** How far one may go until the first entry is zero. */
function longest(from: Float64Array, direction: Float64Array): number {
  let length = Number.POSITIVE_INFINITY;
  for (let k = 0; k < from.length; k++) if (direction[k]! < 0) length = Math.min(length, -from[k]! / direction[k]!);
  return length;
}

/** Fills the upper triangle. */
function mirrored(matrix: Dense): Dense {
  const n = matrix.rows;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix.entries[j * n + i] = matrix.entries[i * n + j]!;
  return matrix;
}

function symmetric(matrix: Dense): Dense {
  const n = matrix.rows;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const value = (matrix.entries[i * n + j]! + matrix.entries[j * n + i]!) / 2;
      matrix.entries[i * n + j] = value;
      matrix.entries[j * n + i] = value;
    }
  return matrix;
}

function moved(from: Dense, direction: Dense, length: number): Dense {
  const to = zeros(from.rows, from.columns);
  for (let i = 0; i < to.entries.length; i++) to.entries[i] = from.entries[i]! + length * direction.entries[i]!;
  return to;
}
