import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { elementCount } from '../../network/tensor.ts';
import { expansionOf, type Expansion } from '../absolute-values/expansion.ts';
import { stepsOf } from '../absolute-values/steps.ts';
import type { BoundQuestion } from '../conductor/method.ts';
import { centreFormByRows } from './by-rows.ts';
import type { CentreForm } from './form.ts';
import { layoutOf } from './places.ts';

/** Numbers that the matrices of a form may have: half a gigabyte. */
const mostNumbers = 6e7;
/** Multiplications of all rows, as if every row met every weight before it. */
const mostProducts = 2e10;

export type FormQuestion = Pick<BoundQuestion, 'analysed' | 'input' | 'output' | 'rules'>;

/** What the form is made of; undefined where the network has no finite rules or is too large. What `verify` rebuilds as well. */
export function formExpansion({ analysed, input, output, rules }: FormQuestion): Expansion | undefined {
  const type = analysed.types.get(input);
  const steps = type === undefined ? undefined : stepsOf(analysed, input, output, rules, 'centred');
  if (type === undefined || steps === undefined) return undefined;
  const expansion = expansionOf(steps, input, elementCount(type.shape), output, Number.POSITIVE_INFINITY);
  if (expansion === undefined) return undefined;
  const layout = layoutOf(expansion);
  const rows = layout.arguments + expansion.outputSize;
  const behind = expansion.steps.reduce(
    (sum, { lanes }) => lanes.reduce((total, { map }) => total + Math.min(map.rows, map.columns) * map.terms, sum),
    0,
  );
  const numbers = rows * (layout.deviations + expansion.inputSize);
  return numbers > mostNumbers || rows * behind > mostProducts ? undefined : expansion;
}

const known = new WeakMap<FormQuestion['rules'], Promise<CentreForm | undefined>>();

/** The form of a question, made once for all methods that use it. Whoever asks first spends its time on it. */
export function formOf(question: FormQuestion, work: Work): Promise<CentreForm | undefined> {
  const before = known.get(question.rules);
  if (before !== undefined) return before;
  const made = make(question, work);
  known.set(question.rules, made);
  made.catch(() => known.delete(question.rules));
  return made;
}

async function make(question: FormQuestion, work: Work): Promise<CentreForm | undefined> {
  const expansion = formExpansion(question);
  const form = expansion && (await centreFormByRows(expansion, work));
  if (expansion !== undefined && form === undefined) throw new OutOfTime();
  return form;
}
