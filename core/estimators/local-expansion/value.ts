import type { Norm } from '../../bound.ts';
import { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { above } from '../../rounding.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { largestSizes, totalsOfInputs } from './absolute-sums.ts';
import { euclideanBound, largestSide } from './block-norms.ts';

/** The bound of the expansion in a norm; l2 also by way of l1 and l-infinity, with proved spectral norms of blocks up to this side. */
export async function expansionValue(form: CentreForm, norm: Norm, work: Work, side = largestSide): Promise<number> {
  const linf = (): number => largest(largestSizes(form, 'linf').rows.subarray(form.arguments));
  const l1 = (): number => largest(totalsOfInputs(form));
  if (norm === 'linf') return linf();
  if (norm === 'l1') return l1();
  const around = above(above(Math.sqrt(linf())) * above(Math.sqrt(l1())));
  return Math.min(around, await euclideanBound(form, new Pace(work), side));
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);
