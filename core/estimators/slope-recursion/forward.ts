import type { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { dot, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, below } from '../../rounding.ts';
import { type Chain, middleOf, type SlopeRange } from './chain.ts';
import { congruence, scaledUp, type Symmetric } from './congruence.ts';
import { one, rootOfQuotient, timesBelow, type Wide } from './exponent.ts';
import { largestEigenvalue } from './spectrum.ts';

export interface SlopeRecursion {
  /** The bound. */
  readonly value: number;
  /** The multiplier of every activation, in units of the one before it. */
  readonly ratios: readonly number[];
}

/** What the check may need to spare for its own roundings. */
const reserve = 1e-7;

/** Of what is feasible: slopes from -b to b, whose middle is 0, would take all of it. */
const nearlyAll = 1 - 1e-5;

/**
 * From the input to the output, one multiplier for each activation (ECLipsE-Fast: Xu, Sivaranjani, NeurIPS 2024, eq. 13), for slopes in any
 * [a, b], a < 0 included. With c = (a + b)/2, r = (b - a)/2 and a multiplier lam for (z - a y)(z - b y) <= 0, what is known of the changes of a layer's input,
 *   y y' <= A |x|^2, gives that of the next, with k = lam r^2:  A+ = W [(c/r)^2 (I - k A)^-1 - (ab/r^2) I] W' / lam,  while I > k A.
 * (The recursion of that paper, solved for A; ab < 0 is where its public code drops a term that only may be dropped where it is positive.) All is monotone in
 * A, so that bounds of A do. The A here are in units of 1 over the product of all lam before.
 *
 * lam = t / (r^2 |A|) with t = r / (r + |c|): then no direction grows by more than max(|a|, |b|), and the bound is never above the product of norms. For ReLU
 * t is 1/2, which is ECLipsE-Fast.
 */
export async function slopeRecursion(
  { layers, slopes }: Chain,
  products: DenseProducts,
  pace: Pace,
): Promise<SlopeRecursion | undefined> {
  let seen = await congruence(layers[0]!, undefined, 1, 0, products, pace);
  let whole: Wide = one;
  const ratios: number[] = [];
  for (const [at, range] of slopes.entries()) {
    if (seen === undefined) return undefined;
    const ratio = await ratioFor(seen, range, pace);
    if (ratio === undefined) return undefined;
    ratios.push(ratio);
    whole = timesBelow(whole, ratio);
    const { centre, radius } = middleOf(range);
    // s [(I - X)^-1 - I] + I grows with s.
    const s = centre === radius ? 1 : above(above(centre * centre) / below(radius * radius));
    const q = centre === radius ? 0 : below(s - 1);
    const next = scaledUp(seen, above(ratio * above(radius * radius)));
    seen = await congruence(layers[at + 1]!, next, s, q, products, pace);
  }
  if (seen === undefined) return undefined;
  const value = rootOfQuotient(await largestEigenvalue(seen, pace), whole) * (1 + reserve);
  return value < Number.POSITIVE_INFINITY ? { value, ratios } : undefined;
}

/** The multiplier that lets no direction grow by more than the largest slope; undefined where nothing arrives at all. */
async function ratioFor({ n, entries }: Symmetric, range: SlopeRange, pace: Pace): Promise<number | undefined> {
  const { centre, radius } = middleOf(range);
  const apply = (x: Float64Array): Float64Array => {
    const y = new Float64Array(n);
    for (let i = 0; i < n; i++) y[i] = dot(entries.subarray(i * n, (i + 1) * n), x);
    return y;
  };
  const options = { steps: 100, tolerance: 1e-9, cost: n * n };
  const { value } = await largestEigenpair(apply, seededVector(n, 1), options, pace);
  const share = Math.min(nearlyAll, radius / (radius + Math.abs(centre)));
  const ratio = share / (radius * radius * value);
  return ratio > 0 && ratio < Number.POSITIVE_INFINITY ? ratio : undefined;
}
