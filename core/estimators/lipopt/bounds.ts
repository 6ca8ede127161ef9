import { above, gamma, unit } from '../../rounding.ts';
import { middleOf } from '../slope-recursion/chain.ts';
import { character, properSubsets, sharedBy } from './characters.ts';
import { type PathPolynomial, steepest } from './path-polynomial.ts';

/**
 * Above the largest value of the polynomial, with the variables split into their middles and what they deviate: the sum over all monomials in the deviations of their absolute
 * coefficients. It is the centre expansion's bound (Pintore and Després) of one row, and what the search begins with.
 */
export function boundAroundMiddles({ sizes, weights, slopes }: PathPolynomial): number {
  const middles = slopes.map(middleOf);
  const steep = middles.reduce((product, { centre, radius }) => product * (Math.abs(centre) + radius), 1);
  const total = new CountedSum();
  let carried = 0;
  for (let subset = 1; subset < 2 ** sizes.length; subset += 2) {
    const factor = middles.reduce(
      (product, { centre, radius }, at) => product * ((subset >> (at + 1)) & 1 ? radius : centre),
      1,
    );
    if (factor === 0) continue;
    const { count, of } = sharedBy(sizes, subset);
    const sums = new CountedSums(count);
    weights.forEach((weight, path) => sums.add(of[path]!, weight));
    for (const coefficient of sums.values) total.add(Math.abs(factor * coefficient));
    carried += Math.abs(factor) * sums.error;
  }
  const magnitude = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) * steep;
  const rounded = above(gamma(4 * sizes.length + 8) * 1.01 * magnitude);
  return above(above(total.value + total.error) + above(above(1.01 * carried) + rounded));
}

/**
 * LiPopt's bound (Gómez et al., ICLR 2020) for given coefficients. Each path's own part of the polynomial, plus what is given to it for every subset of its variables, is at most
 * its largest corner, and short of that at other corners: those differences are the coefficients c >= 0 of the products of x and 1 - x over its variables in Handelman's
 *   bound - p = sum of c times product.
 * What is given to the paths that share some variables should add up to nothing; what does not is added in absolute value. So any numbers give a bound.
 *
 * `given`: by path, one number for each proper subset.
 */
export function boundWithGiven({ sizes, weights, slopes }: PathPolynomial, given: Float64Array): number {
  const subsets = properSubsets(sizes.length);
  const corners = 2 ** sizes.length;
  const products = cornerFactors(slopes);
  const signs = subsets.map((subset) =>
    Float64Array.from({ length: corners }, (_, corner) => character(subset, corner)),
  );
  const steep = slopes.reduce((product, own) => product * steepest(own), 1);
  const total = new CountedSum();
  let magnitude = 0;
  for (let path = 0; path < weights.length; path++) {
    const weight = weights[path]!;
    const own = path * subsets.length;
    let largest = Number.NEGATIVE_INFINITY;
    for (let corner = 0; corner < corners; corner++) {
      let value = weight * products[corner]!;
      for (let k = 0; k < subsets.length; k++) value += given[own + k]! * signs[k]![corner]!;
      largest = Math.max(largest, value);
    }
    total.add(largest);
    magnitude += Math.abs(weight) * steep;
    for (let k = 0; k < subsets.length; k++) magnitude += Math.abs(given[own + k]!);
  }
  let unbalanced = 0;
  subsets.forEach((subset, k) => {
    const { count, of } = sharedBy(sizes, subset);
    const sums = new CountedSums(count);
    of.forEach((own, path) => sums.add(own, given[path * subsets.length + k]!));
    unbalanced += sums.error + sums.values.reduce((sum, rest) => sum + Math.abs(rest), 0);
  });
  const rounded = above(gamma(4 * sizes.length + corners + 8) * 1.01 * magnitude);
  return above(above(total.value + total.error) + above(above(1.01 * unbalanced) + rounded));
}

/** Numbers that add up to nothing for all paths that share some variables, but for roundings: what is too much is taken from all alike. */
export function balanced(sizes: readonly number[], given: ArrayLike<number>): Float64Array {
  const subsets = properSubsets(sizes.length);
  const own = Float64Array.from(given);
  subsets.forEach((subset, k) => {
    const { count, of } = sharedBy(sizes, subset);
    const sums = new Float64Array(count);
    of.forEach((shared, path) => (sums[shared]! += own[path * subsets.length + k]!));
    const each = of.length / count;
    of.forEach((shared, path) => (own[path * subsets.length + k]! -= sums[shared]! / each));
  });
  return own;
}

/** By corner, the product of the path's variables there. */
export function cornerFactors(slopes: PathPolynomial['slopes']): Float64Array {
  return Float64Array.from({ length: 2 ** (slopes.length + 1) }, (_, corner) =>
    slopes.reduce(
      (product, { low, high }, at) => product * ((corner >> (at + 1)) & 1 ? low : high),
      corner & 1 ? -1 : 1,
    ),
  );
}

/** Every addition is off by half a unit in the last place of its result at most: that is summed up as well, so that what cancels costs nothing. */
export class CountedSums {
  readonly values: Float64Array;
  #units = 0;

  constructor(count: number) {
    this.values = new Float64Array(count);
  }

  add(at: number, term: number): void {
    const value = this.values[at]! + term;
    this.values[at] = value;
    this.#units += Math.abs(value);
  }

  /** Of all sums together. */
  get error(): number {
    return above(1.01 * unit * this.#units);
  }
}

export class CountedSum {
  readonly #sums = new CountedSums(1);

  add(term: number): void {
    this.#sums.add(0, term);
  }

  get value(): number {
    return this.#sums.values[0]!;
  }

  get error(): number {
    return this.#sums.error;
  }
}
