import type { Norm } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import type { Check } from '../../inspection/verification.ts';
import type { LinearMap, Matrix } from '../../operators/linear-map.ts';
import { above, below, gamma } from '../../rounding.ts';
import { absoluteNormAbove } from './absolute-sums.ts';
import { convolutionOpinion } from './convolution-opinion.ts';
import { written } from './opaque.ts';
import { operatorNorm } from './operator-norm.ts';
import { distantOpinion, known, matrixOpinion, type SecondOpinion } from './second-opinion.ts';

/** Two certified computations of one number agree only up to their roundings: this much, relative, is granted between them. */
const granted = 1e-9;

/** Products that a second look at one dense matrix may take. */
const longestLook = 6e9;

/**
 * Checks a claimed interval of an operator norm by another route than the one that found it. Confirmed and refuted are both
 * proved: the upper end is confirmed when a factorisation at that very value succeeds, refuted by a vector that is stretched
 * by more; the lower end is confirmed by such a vector, refuted when the norm is proved to be smaller.
 */
export async function recheckNorm(
  map: LinearMap,
  norm: Norm,
  claimed: { readonly lower: number; readonly upper: number },
  work: Work,
): Promise<Check> {
  const claim = `the ${norm} norm lies between ${shown(claimed.lower)} and ${shown(claimed.upper)}`;
  if (!(claimed.lower <= claimed.upper))
    return { claim, verdict: 'refuted', detail: 'The lower end lies above the upper end.' };
  try {
    const { absoluteNorm, sums } = plainSums(map);
    const opinion = norm === 'l2' ? await opinionOf(map, absoluteNorm, new Pace(work)) : sums[norm];
    return await compared(opinion, map, norm, claimed, claim, work);
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    return { claim, verdict: 'not checked', detail: 'The time for checking was over before a second proof was found.' };
  }
}

const shown = (value: number): string => value.toPrecision(10);

async function compared(
  opinion: SecondOpinion,
  map: LinearMap,
  norm: Norm,
  claimed: { readonly lower: number; readonly upper: number },
  claim: string,
  work: Work,
): Promise<Check> {
  const { route } = opinion;
  const tooLow = (lower: number): Check => ({
    claim,
    verdict: 'refuted',
    detail: `By ${route}, a vector is stretched by ${shown(lower)}, more than the upper end allows.`,
  });
  if (opinion.lower > claimed.upper) return tooLow(opinion.lower);
  const least = claimed.lower * (1 - granted);
  if (least > 0 && opinion.lower < least && (await opinion.provesAtMost(least)))
    return {
      claim,
      verdict: 'refuted',
      detail: `By ${route}, the norm is proved to be smaller than the lower end.`,
    };
  if (!(await opinion.provesAtMost(claimed.upper * (1 + granted)))) {
    const lower = await stretched(map, norm, claimed.upper, work);
    if (lower > claimed.upper) return tooLow(lower);
    return {
      claim,
      verdict: 'not checked',
      detail: `By ${route}, the norm is at least ${shown(Math.max(lower, opinion.lower))}, but no second proof of the upper end was found.`,
    };
  }
  if (opinion.lower < least && (await stretched(map, norm, least, work)) < least)
    return {
      claim,
      verdict: 'not checked',
      detail: `By ${route}, the upper end is proved, but the norm only to be at least ${shown(opinion.lower)}.`,
    };
  return { claim, verdict: 'confirmed', detail: `Both ends were proved again by ${route}.` };
}

/**
 * By how much the estimator's own vector is stretched, as soon as that is more than `enough`. Where a vector comes from does not
 * matter for what its quotient proves, so it may be asked when another start fell short.
 */
async function stretched(map: LinearMap, norm: Norm, enough: number, work: Work): Promise<number> {
  let best = 0;
  for await (const { lower } of operatorNorm(map, norm, work)) {
    best = lower;
    if (lower > enough) break;
  }
  return best;
}

/** Row and column sums by applying |W| to ones, as the definition has it. */
function plainSums(map: LinearMap): { absoluteNorm: number; sums: { l1: SecondOpinion; linf: SecondOpinion } } {
  const magnitude = map.magnitude();
  const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);
  const linf = largest(magnitude.apply(new Float64Array(map.columns).fill(1)));
  const l1 = largest(magnitude.applyTransposed(new Float64Array(map.rows).fill(1)));
  const relativeError = above(gamma(2 * map.terms + 4) + 2 * map.entryError);
  const sum = (value: number, what: string): SecondOpinion =>
    known(
      Math.max(0, below(value * (1 - relativeError))),
      value === 0 ? 0 : above(value * (1 + relativeError)),
      `the ${what} sums of the absolute entries`,
    );
  return {
    absoluteNorm: absoluteNormAbove({ linf, l1, relativeError }),
    sums: { l1: sum(l1, 'column'), linf: sum(linf, 'row') },
  };
}

async function opinionOf(map: LinearMap, absoluteNorm: number, pace: Pace): Promise<SecondOpinion> {
  if (absoluteNorm === 0) return known(0, 0, 'the absolute sums');
  const opinion = await exactEntriesOpinion(map, absoluteNorm, pace);
  if (map.entryError === 0) return opinion;
  // As in operatorNorm: inexact entries move the norm by at most e/(1-e) times that of |W|.
  const moved = above((map.entryError / (1 - map.entryError)) * above(absoluteNorm));
  return {
    ...opinion,
    lower: Math.max(0, below(opinion.lower - moved)),
    provesAtMost: (c) => opinion.provesAtMost(below(c - moved)),
  };
}

async function exactEntriesOpinion(map: LinearMap, absoluteNorm: number, pace: Pace): Promise<SecondOpinion> {
  const { structure } = map;
  switch (structure.kind) {
    case 'selection': {
      const copies = map.applyTransposed(new Float64Array(map.rows).fill(1));
      const root = Math.sqrt(copies.reduce((most, count) => Math.max(most, count), 0));
      return known(below(root), above(root), 'counting the copies of every input');
    }
    case 'diagonal': {
      const images = map.apply(new Float64Array(map.columns).fill(1));
      const most = images.reduce((largest, image) => Math.max(largest, Math.abs(image)), 0);
      return known(most, most, 'the largest entry');
    }
    case 'dense':
      return affordable(structure.outputs, structure.inputs)
        ? matrixOpinion({ rows: structure.outputs, columns: structure.inputs, entries: structure.matrix }, pace)
        : distantOpinion(map, absoluteNorm, pace);
    case 'separable':
      return separableOpinion(structure.factors, pace);
    case 'convolution':
      return convolutionOpinion(structure.convolution, pace);
    case 'opaque': {
      const side = Math.min(map.rows, map.columns);
      if (side > 640 || map.rows * map.columns > 8e6) return distantOpinion(map, absoluteNorm, pace);
      const entries = await written(map, pace);
      const opinion = await matrixOpinion({ rows: side, columns: entries.length / side, entries }, pace);
      const error = above(gamma(map.terms) * absoluteNorm);
      return {
        ...opinion,
        lower: Math.max(0, below(opinion.lower - error)),
        provesAtMost: (c) => opinion.provesAtMost(below(c - error)),
      };
    }
  }
}

const affordable = (rows: number, columns: number): boolean => {
  const n = Math.min(rows, columns);
  return n * n * Math.max(rows, columns) + n ** 3 <= longestLook;
};

/** The product of the factors' norms, each enclosed by factorisations at the ends of a narrow interval. */
async function separableOpinion(factors: readonly Matrix[], pace: Pace): Promise<SecondOpinion> {
  const route = 'plain Cholesky factorisations of the factors';
  let lower = 1;
  let upper = 1;
  for (const factor of factors) {
    const opinion = await matrixOpinion(factor, pace);
    lower = Math.max(0, below(lower * opinion.lower));
    let end = opinion.lower * (1 + 2e-10);
    while (!(await opinion.provesAtMost(end))) end = end === 0 ? Number.MIN_VALUE : end + 4 * (end - opinion.lower);
    upper = end === 0 ? 0 : above(upper * end);
  }
  return known(lower, upper, route);
}
