import { centreFormByColumns } from '../../estimators/centre-form/by-columns.ts';
import { formExpansion } from '../../estimators/centre-form/question.ts';
import { relaxedNorms } from '../../estimators/jacobian-relaxation/value.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Two computations of numbers that are rounded outward each time, with signs of entries near 0 that either may know. */
const granted = 1e-8;

/** Every matrix of the expansion anew, by columns where it was found by rows. */
export const jacobianRelaxationVerifier: CertificateVerifier = {
  kind: 'jacobian-relaxation',
  async check({ value }, { prepared: { analysed, input, output }, nodes, norm, region }, work) {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const expansion = formExpansion({ analysed, input, output, rules });
    if (expansion === undefined || region.kind === 'all')
      return { verdict: 'refuted', detail: 'This method says nothing about such a network on this region.' };
    let again = Number.POSITIVE_INFINITY;
    for await (const bound of relaxedNorms(await centreFormByColumns(expansion, work), norm, work)) {
      again = Math.min(again, bound);
      if (value >= again * (1 - granted)) break;
    }
    return {
      verdict: value >= again * (1 - granted) ? 'confirmed' : 'refuted',
      detail: `Computed anew it is at most ${again}; the inspection says ${value}.`,
    };
  },
};
