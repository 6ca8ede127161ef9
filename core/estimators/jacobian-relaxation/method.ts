import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import { isTrusted } from '../absolute-values/value.ts';
import { formOf } from '../centre-form/question.ts';
import { type BoundMethod, hasFiniteRules } from '../conductor/method.ts';
import { isSplittable } from '../slope-splitting/held-slopes.ts';
import { relaxedNorms } from './value.ts';

const name = 'jacobian-relaxation';

/** In l-infinity and l1 on a region: entries of the Jacobian whose sign is known add up with it, so that what bends may cancel. */
export const jacobianRelaxation: BoundMethod = {
  name,
  activity: 'Relaxing the Jacobian of the region',
  pace: 'patient',
  applies: ({ region, norm, ...question }) => norm !== 'l2' && region.kind !== 'all' && hasFiniteRules(question),
  async *run(question, work) {
    try {
      const form = await formOf(question, work);
      // Where it can go on by splitting, `slope-splitting` narrows the rows, and says so.
      if (form === undefined || (question.norm === 'linf' && isSplittable(form))) return;
      for await (const value of relaxedNorms(form, question.norm, work))
        if (isTrusted(value))
          yield { side: 'upper', rigor: 'certified', value, method: name, certificate: { kind: name } };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};
