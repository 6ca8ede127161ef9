import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { cornerFactors } from './bounds.ts';
import { character, properSubsets, sharedBy } from './characters.ts';
import { type PathPolynomial, steepest } from './path-polynomial.ts';

/** How soft the largest corner is at first, as a share of a path's own size, and by how much less from one stage to the next. */
const temperature = { first: 1, factor: 0.5, last: 2 ** -12 };
const sweepsPerStage = 15;
/** Of the mean over all paths, what a path counts for at the least: paths of no weight may still carry something from one to another. */
const leastSize = 0.1;
/** After a sweep that gains less than this the stage is over. */
const noGain = 1e-5;

/**
 * The linear program by block coordinate descent. With the largest corner of a path replaced by a soft maximum, the paths that share some variables are best off when all of them
 * give the same odds to the character of these variables; what has to be moved between them for that is a formula. So the soft bound falls with every move, and no step size has
 * to be found. Then the maximum is made harder.
 */
export class Agreement {
  readonly #polynomial: PathPolynomial;
  readonly #corners: number;
  readonly #subsets: readonly number[];
  /** By path and corner: the path's own part of the polynomial and all that was given to it. */
  readonly #values: Float64Array;
  readonly #sizes: Float64Array;
  #temperature = temperature.first;

  constructor(polynomial: PathPolynomial) {
    const { sizes, weights, slopes } = polynomial;
    this.#polynomial = polynomial;
    this.#corners = 2 ** sizes.length;
    this.#subsets = properSubsets(sizes.length);
    const factors = cornerFactors(slopes);
    this.#values = Float64Array.from(
      { length: weights.length * this.#corners },
      (_, at) => weights[Math.floor(at / this.#corners)]! * factors[at % this.#corners]!,
    );
    const steep = slopes.reduce((product, own) => product * steepest(own), 1);
    const mean = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / weights.length;
    this.#sizes = weights.map((weight) => Math.max(Math.abs(weight), leastSize * mean) * steep);
  }

  get isDone(): boolean {
    return this.#temperature < temperature.last || this.#sizes.every((size) => size === 0);
  }

  /** Some sweeps at one temperature, one at a time. */
  async *stage(pace: Pace): AsyncGenerator<void> {
    let before = Number.POSITIVE_INFINITY;
    for (let sweep = 0; sweep < sweepsPerStage; sweep++) {
      const [first, ...others] = this.#subsets;
      const soft = await this.#agree(first!, pace);
      for (const subset of others) await this.#agree(subset, pace);
      yield;
      if (!(soft < before * (1 - noGain))) break;
      before = soft;
    }
    this.#temperature *= temperature.factor;
  }

  /** What was given to each path, one number for each proper subset of its variables: the characters' coefficients of the change. */
  async given(pace: Pace): Promise<Float32Array> {
    const { weights, slopes } = this.#polynomial;
    const factors = cornerFactors(slopes);
    const count = this.#subsets.length;
    const given = new Float32Array(weights.length * count);
    const signs = this.#subsets.map((subset) => this.#signs(subset));
    for (let path = 0; path < weights.length; path++) {
      const own = path * this.#corners;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let corner = 0; corner < this.#corners; corner++)
          sum += signs[k]![corner]! * (this.#values[own + corner]! - weights[path]! * factors[corner]!);
        given[path * count + k] = sum / this.#corners;
      }
      if (pace.due(count * this.#corners)) await pace.rest();
    }
    return given;
  }

  #signs(subset: number): Float64Array {
    return Float64Array.from({ length: this.#corners }, (_, corner) => character(subset, corner));
  }

  /** Returns the soft bound as it was before. */
  async #agree(subset: number, pace: Pace): Promise<number> {
    const { count, of } = sharedBy(this.#polynomial.sizes, subset);
    const signs = this.#signs(subset);
    const values = this.#values;
    const [weighted, total] = [new Float64Array(count), new Float64Array(count)];
    const odds = new Float64Array(of.length);
    let bound = 0;
    for (let path = 0; path < of.length; path++) {
      const soft = this.#temperature * this.#sizes[path]!;
      const own = this.#softMaximum(path * this.#corners, signs, soft);
      bound += own.value;
      odds[path] = own.odds;
      weighted[of[path]!]! += soft * own.odds;
      total[of[path]!]! += soft;
      if (pace.due(exponential * this.#corners)) await pace.rest();
    }
    for (let path = 0; path < of.length; path++) {
      const soft = this.#temperature * this.#sizes[path]!;
      const move = soft * (weighted[of[path]!]! / total[of[path]!]! - odds[path]!);
      const own = path * this.#corners;
      for (let corner = 0; corner < this.#corners; corner++) values[own + corner]! += move * signs[corner]!;
      if (pace.due(this.#corners)) await pace.rest();
    }
    return bound;
  }

  /** Of a path's corners; and half the logarithm of how much more often the character is 1 than -1. */
  #softMaximum(own: number, signs: Float64Array, soft: number): { readonly value: number; readonly odds: number } {
    const values = this.#values;
    let largest = Number.NEGATIVE_INFINITY;
    for (let corner = 0; corner < this.#corners; corner++) largest = Math.max(largest, values[own + corner]!);
    // Neither may vanish.
    let plus = 1e-300;
    let minus = 1e-300;
    for (let corner = 0; corner < this.#corners; corner++) {
      const share = Math.exp((values[own + corner]! - largest) / soft);
      if (signs[corner]! > 0) plus += share;
      else minus += share;
    }
    return { value: largest + soft * Math.log(plus + minus), odds: Math.log(plus / minus) / 2 };
  }
}

/** What an exponential costs, in multiplications. */
const exponential = 15;
