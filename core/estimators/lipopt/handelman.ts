import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, gamma } from '../../rounding.ts';
import { balanced, cornerFactors, CountedSum, CountedSums } from './bounds.ts';
import { character, properSubsets, sharedBy } from './characters.ts';
import { type PathPolynomial, steepest } from './path-polynomial.ts';

/**
 * The same bound by monomials, for whoever checks it: with the coefficients c of the products of x and 1 - x made from what was given,
 *   q(x) = p(x) + sum of c times product
 * is nowhere below p where all x are in [0, 1], as any c >= 0 will do, and is at most its constant plus its positive coefficients there.
 */
export async function handelmanBound(
  { sizes, weights, slopes }: PathPolynomial,
  given: Float32Array,
  pace: Pace,
): Promise<number> {
  const own = balanced(sizes, given);
  const kinds = sizes.length;
  const [subsets, corners, factors] = [properSubsets(kinds), 2 ** kinds, cornerFactors(slopes)];
  const steep = slopes.reduce((product, one) => product * steepest(one), 1);
  const shared = subsets.map((subset) => sharedBy(sizes, subset));
  const sums = shared.map(({ count }) => new CountedSums(count));
  const constant = new CountedSum();
  const whole = new CountedSum();
  let magnitude = 0;
  for (let path = 0; path < weights.length; path++) {
    const values = Float64Array.from(factors, (factor) => weights[path]! * factor);
    const raised = values.map((value, corner) =>
      subsets.reduce((sum, subset, k) => sum + character(subset, corner) * own[path * subsets.length + k]!, value),
    );
    const top = raised.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    // Corner ~T has the variables of T at their upper ends, where x is 1.
    const monomials = values.map((_, upper) => {
      const corner = corners - 1 - upper;
      const coefficient = Math.max(0, top - raised[corner]!);
      magnitude += Math.abs(weights[path]! * steep) + coefficient;
      return values[corner]! + coefficient;
    });
    for (let bit = 1; bit < corners; bit *= 2)
      for (let upper = 0; upper < corners; upper++) if (upper & bit) monomials[upper]! -= monomials[upper - bit]!;
    constant.add(monomials[0]!);
    subsets.forEach((subset, k) => sums[k]!.add(shared[k]!.of[path]!, monomials[subset]!));
    whole.add(Math.max(0, monomials[corners - 1]!));
    if (pace.due(4 * corners * corners)) await pace.rest();
  }
  const positive = sums.reduce(
    (sum, { values, error }) => sum + error + values.reduce((total, value) => total + Math.max(0, value), 0),
    0,
  );
  const rounded = above(gamma(4 * kinds + 8) * corners * 1.01 * magnitude);
  const added = above(above(1.01 * positive) + above(whole.value + whole.error));
  return above(above(constant.value + constant.error) + above(added + rounded));
}
