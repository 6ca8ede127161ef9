import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Matrix } from '../../operators/linear-map.ts';
import { above, below } from '../../rounding.ts';
import { denseNorm } from './dense.ts';
import type { Findings } from './interval.ts';

/** The singular values of a Kronecker product are the products of those of its factors, so the norms multiply. */
export async function* separableNorm(factors: readonly Matrix[], pace: Pace): Findings {
  let lower = 1;
  let upper = 1;
  for (const factor of factors) {
    if (isIdentity(factor)) continue;
    let factorLower = 0;
    let factorUpper = Number.POSITIVE_INFINITY;
    for await (const finding of denseNorm(factor, pace)) {
      factorLower = Math.max(factorLower, finding.lower ?? 0);
      factorUpper = Math.min(factorUpper, finding.upper ?? Number.POSITIVE_INFINITY);
    }
    lower = Math.max(0, below(lower * factorLower));
    upper = factorUpper === 0 ? 0 : above(upper * factorUpper);
  }
  yield { lower, upper, method: 'kronecker' };
}

const isIdentity = ({ rows, columns, entries }: Matrix): boolean =>
  rows === columns && entries.every((entry, at) => entry === (Math.floor(at / columns) === at % columns ? 1 : 0));
