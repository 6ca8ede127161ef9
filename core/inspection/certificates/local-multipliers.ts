import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Packed } from '../../compute/linear-algebra/packed.ts';
import { rowStart } from '../../compute/linear-algebra/packed.ts';
import { centreFormByColumns } from '../../estimators/centre-form/by-columns.ts';
import { formExpansion } from '../../estimators/centre-form/question.ts';
import { decoded } from '../../estimators/local-multipliers/certificate.ts';
import { problemOf } from '../../estimators/local-multipliers/problem.ts';
import { provedBound } from '../../estimators/local-multipliers/proof.ts';
import { plainCholeskySucceeds } from '../../estimators/norms/plain-cholesky.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Rows that come by another way may eat what the first proof had to spare. */
const granted = 1e-7;

/** The multipliers are the proof: the matrices are made anew by columns, and factored as the textbook has it. */
export const localMultipliersVerifier: CertificateVerifier = {
  kind: 'local-multipliers',
  async check({ value, certificate }, { prepared: { analysed, input, output }, nodes, norm, region }, work) {
    const text = certificate['multipliers'];
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const expansion = formExpansion({ analysed, input, output, rules });
    if (norm !== 'l2' || region.kind === 'all' || typeof text !== 'string' || expansion === undefined)
      return { verdict: 'refuted', detail: 'These multipliers are for the l2 norm on a region, and come as base64.' };
    const form = await centreFormByColumns(expansion, work);
    const problem = problemOf(form)?.problem;
    const iterate = problem && decoded(text, problem.variables);
    if (problem === undefined || iterate === undefined)
      return { verdict: 'refuted', detail: 'The multipliers are not as many as the region has units that bend.' };
    try {
      const again = await provedBound(
        form,
        problem,
        { ...iterate, square: iterate.square * (1 + granted) },
        new Pace(work),
        textbook,
      );
      const holds = again !== undefined && again <= value * (1 + 2 * granted);
      return {
        verdict: holds ? 'confirmed' : 'refuted',
        detail:
          again === undefined
            ? `With these multipliers the matrix that would prove ${value} is not positive semidefinite.`
            : `The multipliers prove ${again}; the inspection says ${value}.`,
      };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before the proof was done.' };
    }
  },
};

export function textbook(matrix: Packed, n: number, pace: Pace): Promise<boolean> {
  const entries = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) entries[j * n + i - j] = matrix[rowStart(i) + j]!;
  return plainCholeskySucceeds({ n, width: n, entries }, pace);
}
