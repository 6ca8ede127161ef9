import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import { type BoundMethod, hasFiniteRules } from '../conductor/method.ts';
import { isTrusted } from '../absolute-values/value.ts';
import { formOf } from '../centre-form/question.ts';
import { relaxedNorms } from '../jacobian-relaxation/value.ts';
import { expansionValue } from './value.ts';

const name = 'local-expansion';
const relaxation = 'jacobian-relaxation';

/**
 * On a region most units are straight: the network is linear but for what the others deviate from their middle slope. So only those are followed back to the input, one by one, through
 * the whole graph, where branches and layers cancel; what they deviate is added up in absolute values, in l2 by spectral norms of the blocks between them.
 */
export const localExpansion: BoundMethod = {
  name,
  activity: 'Expanding around the middle slopes of the region',
  pace: 'quick',
  applies: ({ region, ...question }) => region.kind !== 'all' && hasFiniteRules(question),
  async *run(question, work) {
    try {
      const form = await formOf(question, work);
      if (form === undefined) return;
      const value = await expansionValue(form, question.norm, work);
      if (!isTrusted(value)) return;
      yield { side: 'upper', rigor: 'certified', value, method: name, certificate: { kind: name } };
      // With the form at hand the first relaxation takes moments; the patient methods go on from there.
      for await (const relaxed of relaxedNorms(form, question.norm, work)) {
        if (relaxed < value) yield { side: 'upper', rigor: 'certified', value: relaxed, method: relaxation, certificate: { kind: relaxation } }; // prettier-ignore
        break;
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};
