import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { centreFormByColumns } from '../../estimators/centre-form/by-columns.ts';
import { formOfOutput, type CentreForm } from '../../estimators/centre-form/form.ts';
import { formExpansion } from '../../estimators/centre-form/question.ts';
import { narrowed } from '../../estimators/jacobian-relaxation/adjoint.ts';
import { rangeOfRow } from '../../estimators/jacobian-relaxation/adjoint-ranges.ts';
import { rowNorm } from '../../estimators/jacobian-relaxation/value.ts';
import { problemOf } from '../../estimators/local-multipliers/problem.ts';
import { decodedRow } from '../../estimators/row-multipliers/certificate.ts';
import { provedRow } from '../../estimators/row-multipliers/proof.ts';
import { textbook } from './local-multipliers.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Rows that come by another way may eat what the first proof had to spare. */
const granted = 1e-7;

/** The multipliers are the proof: the matrices are made anew by columns, and factored as the textbook has it. Rows without any are relaxed again. */
export const rowMultipliersVerifier: CertificateVerifier = {
  kind: 'row-multipliers',
  async check({ value, certificate: { rows } }, { prepared: { analysed, input, output }, nodes, norm, region }, work) {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const expansion = formExpansion({ analysed, input, output, rules });
    if (expansion === undefined || norm !== 'linf' || region.kind === 'all' || !areRows(rows))
      return { verdict: 'refuted', detail: 'These multipliers are for the l∞ norm on a region, and come as base64.' };
    const form = await centreFormByColumns(expansion, work);
    if (rows.length !== form.outputs)
      return { verdict: 'refuted', detail: `There are ${rows.length} rows for ${form.outputs} outputs.` };
    let largest = 0;
    try {
      for (const [output, text] of rows.entries()) {
        const own = formOfOutput(form, output);
        const bound = text === null ? await relaxed(own, value, work) : await again(own, text, work);
        if (bound === undefined)
          return { verdict: 'refuted', detail: `The multipliers of output ${output} do not prove anything.` };
        largest = Math.max(largest, bound);
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before the proof was done.' };
    }
    return {
      verdict: largest <= value * (1 + 2 * granted) ? 'confirmed' : 'refuted',
      detail: `Row by row, the constant is at most ${largest}; the inspection says ${value}.`,
    };
  },
};

async function again(row: CentreForm, text: string, work: Work): Promise<number | undefined> {
  const variables = problemOf(row)?.problem.variables;
  const proof = variables === undefined ? undefined : decodedRow(text, variables, row.inputs);
  return proof && provedRow(row, { ...proof, square: proof.square * (1 + granted) }, new Pace(work), textbook);
}

async function relaxed(row: CentreForm, claim: number, work: Work): Promise<number> {
  await work.breathe();
  if (work.remainingSeconds() <= 0) throw new OutOfTime();
  const range = rangeOfRow(row, 0);
  const { value } = rowNorm(row, range);
  return value <= claim ? value : Math.min(value, rowNorm(row, await narrowed(row, range, work)).value);
}

const areRows = (rows: unknown): rows is readonly (string | null)[] =>
  Array.isArray(rows) && rows.every((row) => row === null || typeof row === 'string');
