import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { place } from '../../compute/linear-algebra/dense-factor.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { Adam } from './adam.ts';
import { type Chosen, type Elimination, Eliminator, split } from './elimination.ts';
import type { Choice, Parameters } from './choice.ts';
import { addTo } from './dense-arithmetic.ts';
import { outgoingLengths, shapeOf, variances } from './first-shapes.ts';
import type { Front } from './front.ts';
import { gains, thetaSlope } from './gradient.ts';
import { productOf } from './part.ts';
import { firstTheta, type SearchForm, type SearchLaw, type SearchProblem, type SearchUnit } from './search-problem.ts';
import { thetaRange } from './window-law.ts';

/** Multipliers of the scaled problem, unit after unit, and the square of the bound that they give, but for rounding. */
export interface Iterate {
  readonly multipliers: Float64Array;
  /** Of every unit that has one. */
  readonly thetas: readonly (number | undefined)[];
  readonly square: number;
}

const steps = 400;
const firstRate = 0.2;
/** Theta moves by hundredths where shapes move by tenths. */
const thetaRate = 0.03;
/** Neurons of feature maps move by less than channels do: there are many, and each knows little. */
const aloneRate = 0.3;

/** Of the steps, those in which the neurons of a channel move together: a tenth of the numbers or less, and nearly the same bound. */
const sharedShare = 0.4;

/** Steps after which the search begins again at the best point, half as fast. */
const cycle = 100;

/**
 * Better and better multipliers by Adam on the relative parameters: for networks that are too large for the equations of the interior
 * point method. One step costs one elimination; the gradient costs only triangular solves. The first iterate is the start: shapes
 * sqrt(diag R A R) / |outgoing column| with twice the least multiple. `progress` tells how much of the time is over, from 0 to 1: the
 * steps get shorter with it.
 */
export async function* descent(
  problem: SearchProblem,
  products: DenseProducts,
  pace: Pace,
  progress: (step: number) => number,
): AsyncGenerator<Iterate> {
  const sweeper = new Descent(problem, products, pace);
  const hasChannels = problem.units.some(({ channels }) => channels !== undefined);
  let rate = firstRate;
  let begun = 0;
  let failures = 0;
  let wasShared = false;
  for (let step = 0, done = 0; step < steps && done < 1; step++, done = progress(step)) {
    const along = Math.max(done, (step - begun) / cycle);
    if (along >= 1) {
      [begun, rate] = [step, 0.5 * rate];
      sweeper.restart();
    }
    const found = await sweeper.forward();
    if (found === undefined) {
      // An eigenvalue that was underestimated, or a step that was too long.
      if (!sweeper.retreat() || failures++ > 20) return;
      continue;
    }
    yield found.iterate;
    const shared = begun === 0 && along < sharedShare && hasChannels;
    if (!shared && wasShared) sweeper.restart();
    wasShared = shared;
    await sweeper.advance(
      found.elimination,
      (shared || !hasChannels ? rate : aloneRate * rate) * Math.cos(0.5 * Math.PI * Math.min(1, along)) + 0.01,
      shared ? 'by channel' : 'by neuron',
    );
  }
}

class Descent {
  readonly #problem: SearchProblem;
  readonly #eliminator: Eliminator;
  readonly #products: DenseProducts;
  readonly #pace: Pace;
  readonly #parameters: (Parameters | undefined)[] = [];
  readonly #choices: Choice[] = [];
  readonly #outgoing: readonly Float64Array[];
  #adam = new Adam();
  #last: (Parameters | undefined)[] = [];
  #best: { readonly square: number; readonly parameters: (Parameters | undefined)[] } | undefined;

  constructor(problem: SearchProblem, products: DenseProducts, pace: Pace) {
    this.#problem = problem;
    this.#products = products;
    this.#pace = pace;
    this.#eliminator = new Eliminator(problem, products, pace);
    this.#outgoing = outgoingLengths(problem);
  }

  async forward(): Promise<{ iterate: Iterate; elimination: Elimination } | undefined> {
    const elimination = await this.#eliminator.sweep((unit, before, spread) => this.#choose(unit, before, spread));
    if (elimination === undefined) return undefined;
    const square = elimination.square;
    if (square < (this.#best?.square ?? Number.POSITIVE_INFINITY))
      this.#best = { square, parameters: this.#parameters.map((own) => own && copied(own)) };
    const multipliers = Float64Array.from(this.#choices.flatMap(({ multipliers: own }) => [...own])).map(
      (lam) => lam * square,
    );
    const thetas = this.#problem.units.map((unit, at) => unit.lawSlope && this.#parameters[at]!.theta);
    return { iterate: { multipliers, thetas, square }, elimination };
  }

  /** From the best point so far, with no memory of how it was found. */
  restart(): void {
    this.#best?.parameters.forEach((own, unit) => (this.#parameters[unit] = own && copied(own)));
    this.#adam = new Adam();
  }

  /** Half way back to where the last sweep succeeded. */
  retreat(): boolean {
    if (this.#last.length === 0) return false;
    this.#parameters.forEach((own, unit) => {
      const last = this.#last[unit];
      if (own === undefined || last === undefined) return;
      own.margin = (own.margin + last.margin) / 2;
      own.theta = (own.theta + last.theta) / 2;
      last.shape.forEach((value, k) => (own.shape[k] = (own.shape[k]! + value) / 2));
    });
    return true;
  }

  async #choose(at: number, before: Front, spread: Dense | undefined): Promise<Chosen> {
    const unit = this.#problem.units[at]!;
    const law = unit.law(this.#parameters[at]?.theta ?? firstTheta);
    this.#parameters[at] ??= {
      margin: 0,
      theta: firstTheta,
      shape:
        unit.groups < unit.size
          ? new Float64Array(unit.groups)
          : shapeOf(variances(unit, law, before, spread).map(Math.sqrt), this.#outgoing[unit.block]!),
    };
    const { shape, margin } = this.#parameters[at];
    const found =
      spread === undefined
        ? await this.#largestOnVariables(at, unit, law, before, shape)
        : await this.#largestOnRows(at, unit, law, before, spread, shape);
    const size = (1 + Math.exp(margin)) * found.q;
    const multipliers = shape.map((own) => 1 / (size * Math.exp(own)));
    const choice = { ...found, multipliers, law };
    this.#choices[at] = choice;
    return choice;
  }

  /** The largest eigenvalue of R A R, where A is known: every row has one z. */
  async #largestOnRows(
    at: number,
    { sums }: SearchUnit,
    law: SearchLaw,
    before: Front,
    spread: Dense,
    shape: Float64Array,
  ): Promise<Omit<Choice, keyof Chosen>> {
    const weights = law.each.map((each, i) => Math.sqrt(each * Math.exp(-shape[i]!)));
    const { value, vector } = await this.#largest(at, (x) => scaledProduct(spread, weights, x), weights.length);
    const q = value > 0 ? value : 1;
    const right = before.scattered(
      sums,
      vector.map((u, i) => (u * weights[i]!) / Math.sqrt(q)),
    );
    const attained = before.solveUpperVector(before.solveLowerVector(right));
    return { q, shares: vector.map((u) => u * u), attained, vector };
  }

  /** The same eigenvalue without A: of L^-1 (sum of e^-shape times what the law allows) L'^-1. */
  async #largestOnVariables(
    at: number,
    unit: SearchUnit,
    law: SearchLaw,
    before: Front,
    shape: Float64Array,
  ): Promise<Omit<Choice, keyof Chosen>> {
    const decay = shape.map((own) => Math.exp(-own));
    const rows = law.each.map((each, i) => each * decay[unit.groupOfRow[i]!]!);
    const sums = law.total.map((total, k) => total * decay[k]!);
    const hasTotals = sums.some((total) => total !== 0);
    const seen = (form: SearchForm, p: Float64Array): Float64Array => before.gathered(form, before.blocks, p);
    const apply = (u: Float64Array): Float64Array => {
      const p = before.solveUpperVector(u);
      const x = before.scattered(
        unit.rows,
        seen(unit.rows, p).map((y, i) => y * rows[i]!),
      );
      if (hasTotals) {
        const more = before.scattered(
          unit.sums,
          seen(unit.sums, p).map((s, k) => s * sums[k]!),
        );
        for (let i = 0; i < x.length; i++) x[i]! += more[i]!;
      }
      return before.solveLowerVector(x);
    };
    const { value, vector } = await this.#largest(at, apply, before.size);
    const attained = before.solveUpperVector(vector);
    const shares = new Float64Array(unit.groups);
    seen(unit.rows, attained).forEach((y, i) => (shares[unit.groupOfRow[i]!]! += rows[i]! * y * y));
    if (hasTotals) seen(unit.sums, attained).forEach((s, k) => (shares[k]! += sums[k]! * s * s));
    const q = value > 0 ? value : 1;
    return { q, shares: shares.map((share) => share / q), attained, vector };
  }

  #largest(
    at: number,
    apply: (x: Float64Array) => Float64Array,
    size: number,
  ): Promise<{ value: number; vector: Float64Array }> {
    const before = this.#choices[at]?.vector;
    const options = { steps: before === undefined ? 60 : 16, tolerance: 1e-4, cost: size * size };
    return largestEigenpair(apply, before ?? seededVector(size, 1), options, this.#pace);
  }

  /** One step downhill: the adjoint of the sweep, from the output back. */
  async advance(
    { square, visits, direction }: Elimination,
    rate: number,
    shared: 'by channel' | 'by neuron',
  ): Promise<void> {
    this.#last = this.#parameters.map((own) => own && copied(own));
    const values = new Map(direction);
    const signs = [1 / square];
    for (let at = visits.length - 1; at >= 0; at--) {
      const { before, after, dropped } = visits[at]!;
      if (dropped > 0) {
        const all = await after.solveUpper(after.bySegment(values), this.#products, dropped);
        for (const [block, columns] of after.byBlock(all)) values.set(block, columns);
      }
      const unit = this.#problem.units[at]!;
      const z = values.get(unit.block)!;
      const y = await this.#seen(unit.rows, values, z.columns);
      const s =
        unit.sums === unit.rows ? y : unit.sums.size === 0 ? undefined : await this.#seen(unit.sums, values, z.columns);
      values.delete(unit.block);
      const choice = this.#choices[at]!;
      const parameters = this.#parameters[at]!;
      const gradient = gains(unit, choice.law, z, y, s, signs).map((gain, g) => gain * choice.multipliers[g]!);
      const whole = gradient.reduce((sum, value) => sum + value, 0);
      for (const [block, more] of before.byBlock(split(before, choice.attained)))
        values.set(block, beside(values.get(block)!, more));
      signs.push(whole);
      await this.#pace.rest();

      const bend = Math.exp(parameters.margin);
      parameters.margin -= rate * this.#adam.move(`margin ${at}`, Float64Array.of((whole * bend) / (1 + bend)))[0]!;
      parameters.margin = Math.max(-7, Math.min(7, parameters.margin));
      if (unit.lawSlope !== undefined)
        this.#moveTheta(at, thetaSlope(unit, choice, parameters, before, { z, y, s: s!, signs }), rate);
      if (unit.groups < unit.size) continue;
      const slopes = gradient.map((value, k) => value - whole * choice.shares[k]!);
      const { channels } = unit;
      const moves =
        shared === 'by channel' && channels !== undefined
          ? this.#adam.moveTogether(`channels ${at}`, slopes, channels)
          : this.#adam.move(`shape ${at}`, slopes);
      for (let k = 0; k < parameters.shape.length; k++) parameters.shape[k]! -= rate * moves[k]!;
    }
  }

  #moveTheta(at: number, slope: number, rate: number): void {
    const parameters = this.#parameters[at]!;
    const theta = parameters.theta - thetaRate * rate * this.#adam.move(`theta ${at}`, Float64Array.of(slope))[0]!;
    parameters.theta = Math.max(thetaRange.least, Math.min(thetaRange.most, theta));
  }

  async #seen(form: SearchForm, values: ReadonlyMap<number, Dense>, columns: number): Promise<Dense> {
    let sum: Dense | undefined;
    for (const [block, own] of form) {
      const next = await productOf(own, values.get(block)!, this.#products);
      if (sum === undefined) sum = next;
      else addTo(sum, next);
    }
    return sum ?? zeros(0, columns);
  }
}

const copied = (own: Parameters): Parameters => ({ ...own, shape: own.shape.slice() });

function beside(left: Dense, right: Dense): Dense {
  const whole = zeros(left.rows, left.columns + right.columns);
  place(whole, left, 0, 0);
  place(whole, right, 0, left.columns);
  return whole;
}

function scaledProduct({ rows: n, entries }: Dense, weights: Float64Array, x: Float64Array): Float64Array {
  const scaled = x.map((value, i) => value * weights[i]!);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0, at = i * n; j < n; j++, at++) sum += entries[at]! * scaled[j]!;
    y[i] = sum * weights[i]!;
  }
  return y;
}
