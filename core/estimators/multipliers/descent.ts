import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { part, place, solveUpper } from '../../compute/linear-algebra/dense-factor.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { DenseProblem } from './dense-problem.ts';
import { type Elimination, Eliminator } from './elimination.ts';

/** Multipliers of the scaled problem, unit after unit, and the square of the bound that they give, but for rounding. */
export interface Iterate {
  readonly multipliers: Float64Array;
  readonly square: number;
}

/**
 * What a unit's multipliers are made of: 1/lam = (1 + e^margin) q e^shape with q the largest eigenvalue of e^(-shape/2) R A R
 * e^(-shape/2), so that whatever the numbers are the sweep stays feasible.
 */
interface Parameters {
  readonly shape: Float64Array;
  margin: number;
}

interface Chosen {
  readonly q: number;
  readonly vector: Float64Array;
  readonly multipliers: Float64Array;
}

const steps = 400;
const firstRate = 0.2;

/**
 * Better and better multipliers by Adam on the relative parameters: for networks that are too large for the equations of the interior
 * point method. One step costs one elimination; the gradient costs only triangular solves. The first iterate is the start: shapes
 * sqrt(diag R A R) / |outgoing column| with twice the least multiple.
 */
export async function* descent(
  problem: DenseProblem,
  products: DenseProducts,
  pace: Pace,
  length: (secondsOfOneStep: number) => number = () => steps,
): AsyncGenerator<Iterate> {
  const sweeper = new Descent(problem, products, pace);
  let rate = firstRate;
  let planned = steps;
  for (let step = 0; step < planned; step++) {
    const begun = performance.now();
    const found = await sweeper.forward();
    if (found === undefined) {
      // An eigenvalue that was underestimated, or a step that was too long.
      if (!sweeper.retreat() || (rate *= 0.5) < 1e-3) return;
      continue;
    }
    yield found.iterate;
    await sweeper.advance(found.elimination, rate * Math.cos((0.5 * Math.PI * step) / planned) + 0.01);
    if (step === 1) planned = Math.max(10, Math.min(steps, length((performance.now() - begun) / 1000)));
  }
}

class Descent {
  readonly #problem: DenseProblem;
  readonly #eliminator: Eliminator;
  readonly #products: DenseProducts;
  readonly #pace: Pace;
  readonly #parameters: (Parameters | undefined)[] = [];
  readonly #chosen: Chosen[] = [];
  readonly #outgoing: readonly Float64Array[];
  readonly #moments = new Map<string, { first: number; second: number }[]>();
  #count = 0;
  #last: (Parameters | undefined)[] = [];

  constructor(problem: DenseProblem, products: DenseProducts, pace: Pace) {
    this.#problem = problem;
    this.#products = products;
    this.#pace = pace;
    this.#eliminator = new Eliminator(problem, products, pace);
    this.#outgoing = outgoingLengths(problem);
  }

  async forward(): Promise<{ iterate: Iterate; elimination: Elimination } | undefined> {
    const elimination = await this.#eliminator.sweep((unit, spread) => this.#choose(unit, spread));
    if (elimination === undefined) return undefined;
    const square = elimination.square;
    const multipliers = Float64Array.from(this.#chosen.flatMap(({ multipliers: own }) => [...own])).map(
      (lam) => lam * square,
    );
    return { iterate: { multipliers, square }, elimination };
  }

  /** Half way back to where the last sweep succeeded. */
  retreat(): boolean {
    if (this.#last.length === 0) return false;
    this.#parameters.forEach((own, unit) => {
      const last = this.#last[unit];
      if (own === undefined || last === undefined) return;
      own.margin = (own.margin + last.margin) / 2;
      last.shape.forEach((value, k) => (own.shape[k] = (own.shape[k]! + value) / 2));
    });
    return true;
  }

  async #choose(unit: number, spread: Dense): Promise<Float64Array> {
    const { law, block } = this.#problem.units[unit]!;
    const n = spread.rows;
    const radii =
      law.kind === 'ball' ? new Float64Array(n).fill(law.gain) : law.upper.map((high, i) => (high - law.lower[i]!) / 2);
    this.#parameters[unit] ??= {
      margin: 0,
      shape:
        law.kind === 'ball'
          ? new Float64Array(n)
          : shapeOf(
              radii.map((radius, i) => radius * Math.sqrt(Math.max(0, spread.entries[i * (n + 1)]!))),
              this.#outgoing[block]!,
            ),
    };
    const { shape, margin } = this.#parameters[unit];
    const weights = radii.map((radius, i) => radius * Math.exp(-shape[i]! / 2));
    const before = this.#chosen[unit];
    const { value, vector } = await largestEigenpair(
      (x) => scaledProduct(spread, weights, x),
      before?.vector ?? seededVector(n, 1),
      { steps: before === undefined ? 60 : 16, tolerance: 1e-4, cost: n * n },
      this.#pace,
    );
    const q = value > 0 ? value : 1;
    const size = (1 + Math.exp(margin)) * q;
    const multipliers =
      law.kind === 'ball' ? Float64Array.of(1 / size) : shape.map((own) => 1 / (size * Math.exp(own)));
    this.#chosen[unit] = { q, vector, multipliers };
    return multipliers;
  }

  /** One step downhill: the adjoint of the sweep, from the output back. */
  async advance({ square, visits, dropped, direction }: Elimination, rate: number): Promise<void> {
    this.#count++;
    this.#last = this.#parameters.map((own) => own && { margin: own.margin, shape: own.shape.slice() });
    let columns = direction;
    const signs = [1 / square];
    for (let at = visits.length - 1; at >= 0; at--) {
      const { law, block, rows: height } = this.#problem.units[at]!;
      const { rows, before, image } = visits[at]!;
      const gone = dropped[at];
      if (gone !== undefined) {
        const right = await this.#products.transposedTimes(gone.below, columns);
        const own = await solveUpper(gone.own, negated(right), this.#products);
        columns = stacked(own, columns);
      }
      const size = this.#problem.sizes[block]!;
      const start = columns.rows - size;
      const z = part(columns, start, columns.rows, 0, columns.columns);
      const live = part(columns, 0, start, 0, columns.columns);
      const y = await this.#products.product(rows, live);
      const chosen = this.#chosen[at]!;
      const parameters = this.#parameters[at]!;
      const gradient = new Float64Array(law.kind === 'ball' ? 1 : height);
      signs.forEach((sign, c) => {
        if (law.kind === 'ball') {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += z.entries[i * z.columns + c]! ** 2;
          for (let i = 0; i < height; i++) sum -= (law.gain * y.entries[i * y.columns + c]!) ** 2;
          gradient[0]! += sign * chosen.multipliers[0]! * sum;
          return;
        }
        for (let i = 0; i < height; i++) {
          const [zi, yi] = [z.entries[i * z.columns + c]!, y.entries[i * y.columns + c]!];
          gradient[i]! += sign * chosen.multipliers[i]! * (zi - law.lower[i]! * yi) * (zi - law.upper[i]! * yi);
        }
      });
      const whole = gradient.reduce((sum, value) => sum + value, 0);
      const radii =
        law.kind === 'ball'
          ? new Float64Array(height).fill(law.gain)
          : law.upper.map((high, i) => (high - law.lower[i]!) / 2);
      const weights: Dense = {
        rows: height,
        columns: 1,
        entries: chosen.vector.map((value, i) => value * radii[i]! * Math.exp(-parameters.shape[i]! / 2)),
      };
      const more = await solveUpper(before, await this.#products.product(image, weights), this.#products);
      columns = beside(live, more);
      signs.push(whole / chosen.q);
      await this.#pace.rest();

      const bend = Math.exp(parameters.margin);
      parameters.margin -= rate * this.#adam(`margin ${at}`, Float64Array.of((whole * bend) / (1 + bend)))[0]!;
      parameters.margin = Math.max(-7, Math.min(7, parameters.margin));
      if (law.kind === 'ball') continue;
      const slopes = gradient.map((value, k) => value - whole * chosen.vector[k]! ** 2);
      const moves = this.#adam(`shape ${at}`, slopes);
      for (let k = 0; k < height; k++) parameters.shape[k]! -= rate * moves[k]!;
    }
  }

  /** Kingma and Ba 2015, with a short memory. */
  #adam(key: string, gradient: Float64Array): Float64Array {
    let moments = this.#moments.get(key);
    if (moments === undefined)
      this.#moments.set(key, (moments = Array.from(gradient, () => ({ first: 0, second: 0 }))));
    return gradient.map((value, k) => {
      const own = moments[k]!;
      own.first = 0.9 * own.first + 0.1 * value;
      own.second = 0.99 * own.second + 0.01 * value * value;
      const [first, second] = [own.first / (1 - 0.9 ** this.#count), own.second / (1 - 0.99 ** this.#count)];
      return second === 0 ? 0 : first / Math.sqrt(second);
    });
  }
}

const negated = (matrix: Dense): Dense => ({ ...matrix, entries: matrix.entries.map((value) => -value) });

function stacked(above: Dense, below: Dense): Dense {
  const whole = zeros(above.rows + below.rows, above.columns);
  place(whole, above, 0, 0);
  place(whole, below, above.rows, 0);
  return whole;
}

function beside(left: Dense, right: Dense): Dense {
  const whole = zeros(left.rows, left.columns + right.columns);
  place(whole, left, 0, 0);
  place(whole, right, 0, left.columns);
  return whole;
}

/** How long the columns are through which each variable is seen further on. */
function outgoingLengths({ units, output, sizes }: DenseProblem): Float64Array[] {
  const squares = sizes.map((size) => new Float64Array(size));
  for (const form of [...units.map(({ input }) => input), output])
    for (const [block, { rows, columns, entries }] of form)
      for (let i = 0, at = 0; i < rows; i++)
        for (let j = 0; j < columns; j++, at++) squares[block]![j]! += entries[at]! * entries[at]!;
  return squares.map((own) => own.map(Math.sqrt));
}

/** The logarithm of sqrt(diag R A R) / |outgoing column|, kept within four digits for neurons that nothing feeds or nobody reads. */
function shapeOf(diagonal: Float64Array, outgoing: Float64Array): Float64Array {
  const most = diagonal.reduce((a, b) => Math.max(a, b), 0);
  const farthest = outgoing.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return new Float64Array(diagonal.length);
  return diagonal.map((value, i) =>
    Math.log(Math.max(value, 1e-4 * most) / (farthest === 0 ? 1 : Math.max(outgoing[i]!, 1e-4 * farthest))),
  );
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
