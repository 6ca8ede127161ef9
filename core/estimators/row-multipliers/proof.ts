import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above } from '../../rounding.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { problemOf } from '../local-multipliers/problem.ts';
import { provedBound, type Factorisation } from '../local-multipliers/proof.ts';
import type { RowProof } from './certificate.ts';
import { stretched } from './stretched.ts';

/** The largest l1 norm of a form's only row that these numbers prove, rounding included, or undefined. */
export async function provedRow(
  row: CentreForm,
  { s, square, scales }: RowProof,
  pace: Pace,
  factorises?: Factorisation,
): Promise<number | undefined> {
  const { form, length } = stretched(row, scales);
  const problem = problemOf(form)?.problem;
  const bound = problem && (await provedBound(form, problem, { s, square }, pace, factorises));
  return bound === undefined ? undefined : above(bound * length);
}
