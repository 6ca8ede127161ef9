import { powerOfTwoNear, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { choleskyError } from '../../compute/linear-algebra/cholesky.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { LinearMap, Matrix } from '../../operators/linear-map.ts';
import { denseMap } from '../../operators/maps/dense-map.ts';
import { above, below, gamma, tiny } from '../../rounding.ts';
import { type Band, emptyBand, plainCholeskySucceeds, shiftMinus } from './plain-cholesky.ts';
import { quotientBelow } from './quotient.ts';

/** What a second look at a norm can say, by another route than the one that found it. */
export interface SecondOpinion {
  /** Certified. */
  readonly lower: number;
  /** Whether the norm is proved to be at most c; false says nothing. */
  provesAtMost(c: number): Promise<boolean>;
  /** How, for the sentence that reports it. */
  readonly route: string;
}

/** For norms that are known but for roundings. */
export const known = (lower: number, upper: number, route: string): SecondOpinion => ({
  lower,
  provesAtMost: (c) => Promise.resolve(upper <= c),
  route,
});

/** Nothing but a stretched vector from below and l1 times linf from above. */
export async function distantOpinion(map: LinearMap, absoluteNorm: number, pace: Pace): Promise<SecondOpinion> {
  return {
    lower: await stretchedFrom(map, absoluteNorm, 24, pace),
    provesAtMost: (c) => Promise.resolve(absoluteNorm <= c),
    route: 'power iteration from another start, and the l1 and linf norms',
  };
}

/** Lanczos steps from another start than the estimator's, and the certified quotient of what they find. */
export async function stretchedFrom(map: LinearMap, absoluteNorm: number, steps: number, pace: Pace): Promise<number> {
  const scale = powerOfTwoNear(absoluteNorm);
  const cost = 2 * Math.max(map.rows, map.columns) * map.terms;
  const { vector } = await largestEigenpair(
    (x) => {
      const y = map.apply(x).map((value) => value / scale);
      return map.applyTransposed(y).map((value) => value / scale);
    },
    seededVector(map.columns, 2029),
    { steps: pace.affords(4 * steps * cost) ? steps : 6, tolerance: steps > 100 ? 1e-14 : 1e-4, cost },
    pace,
  );
  return quotientBelow(map, vector.map((value) => value / scale), absoluteNorm); // prettier-ignore
}

/** Of a matrix that is written down: a plain Cholesky factorisation of c^2 I - W W', at exactly the c in question. */
export async function matrixOpinion(matrix: Matrix, pace: Pace): Promise<SecondOpinion> {
  const largest = matrix.entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  const route = 'a plain Cholesky factorisation of the whole matrix and Lanczos steps from another start';
  if (largest === 0) return known(0, 0, route);
  const scale = powerOfTwoNear(largest);
  const { n, inner, entries } = wide(matrix, scale);
  // |W|_F^2 bounds both the norm of |W| |W'|, for the error of the Gram matrix, and that of |W|, for the quotient.
  const squares = entries.reduce((sum, entry) => sum + entry * entry, 0) * (1 + 2 * gamma(entries.length + 4));
  const gramError = above(above(gamma(inner) * squares) + n * inner * tiny);
  const gram = await fullGram(entries, n, inner, pace);
  return {
    lower: below(scale * (await stretchedFrom(denseMap(entries, n, inner), above(Math.sqrt(squares)), 400, pace))),
    provesAtMost: (c) => noEigenvalueAbove(gram, gramError, below(c / scale), pace),
    route,
  };
}

/**
 * Whether the norm whose squared singular values are the eigenvalues of G is proved to be at most c: by a factorisation of c^2 I - G,
 * lowered by the errors of the factorisation, of the rounded diagonal and of G itself (`gramError`, in norm).
 */
export function noEigenvalueAbove(gram: Band, gramError: number, c: number, pace: Pace): Promise<boolean> {
  const square = c > 0 ? below(c * c) : 0;
  const error = above(above(choleskyError(gram.n, square + gramError) + 2 ** -51 * square) + gramError);
  const shift = below(square - error);
  return shift > 0 ? plainCholeskySucceeds(shiftMinus(gram, shift), pace) : Promise.resolve(false);
}

function wide({ rows, columns, entries }: Matrix, scale: number): { n: number; inner: number; entries: Float64Array } {
  if (rows <= columns) return { n: rows, inner: columns, entries: entries.map((entry) => entry / scale) };
  const flipped = new Float64Array(entries.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) flipped[j * rows + i] = entries[i * columns + j]! / scale;
  return { n: columns, inner: rows, entries: flipped };
}

async function fullGram(entries: Float64Array, n: number, inner: number, pace: Pace): Promise<Band> {
  const gram = emptyBand(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += entries[i * inner + k]! * entries[j * inner + k]!;
      gram.entries[i * n + j - i] = sum;
    }
    if (pace.due((n - i) * inner)) await pace.rest();
  }
  return gram;
}
