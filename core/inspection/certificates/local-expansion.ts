import { centreFormByColumns } from '../../estimators/centre-form/by-columns.ts';
import { formExpansion } from '../../estimators/centre-form/question.ts';
import { expansionValue } from '../../estimators/local-expansion/value.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Two computations of one number that is rounded outward each time. */
const granted = 1e-9;

/** Every matrix of the expansion anew, by columns where it was found by rows. */
export const localExpansionVerifier: CertificateVerifier = {
  kind: 'local-expansion',
  async check({ value }, { prepared: { analysed, input, output }, nodes, norm }, work) {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const expansion = formExpansion({ analysed, input, output, rules });
    if (expansion === undefined)
      return { verdict: 'refuted', detail: 'This method says nothing about such a network on this region.' };
    const again = await expansionValue(await centreFormByColumns(expansion, work), norm, work);
    return {
      verdict: value >= again * (1 - granted) ? 'confirmed' : 'refuted',
      detail: `Computed anew it is ${again}; the inspection says ${value}.`,
    };
  },
};
