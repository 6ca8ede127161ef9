import type { Bound } from '../../bound.ts';
import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { isTrusted } from '../absolute-values/value.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { formOf } from '../centre-form/question.ts';
import { type BoundMethod, type BoundQuestion, hasFiniteRules } from '../conductor/method.ts';
import type { RowRange } from '../jacobian-relaxation/adjoint-ranges.ts';
import { canNarrow } from '../jacobian-relaxation/value.ts';
import { halvingsFor, leaf, type Branch } from '../region-splitting/tree.ts';
import { isSplittable, splittableForm, type Held, type SplittableForm } from './held-slopes.ts';
import { boundOfPart, type Effort } from './part-bound.ts';

const name = 'slope-splitting';
const relaxation = 'jacobian-relaxation';

/** So that `verify` is done in minutes. */
const mostParts = 5000;
/** A bound that is better by less is not worth another certificate. */
const worthSaying = 0.998;

/**
 * Branch and bound over the units that bend, for networks of too many inputs to halve the region. Between two points the output changes by J x, where J is linear in the slope
 * of each unit alone; a norm of it is convex in that slope, and so largest where the slope is at an end of its interval. Held there, a unit bends no more.
 */
export const slopeSplitting: BoundMethod = {
  name,
  activity: 'Splitting on units that bend',
  pace: 'patient',
  applies: ({ region, norm, ...question }) => norm === 'linf' && region.kind !== 'all' && hasFiniteRules(question),
  run: bounds,
};

async function* bounds(question: BoundQuestion, work: Work): AsyncGenerator<Bound> {
  let said = Number.POSITIVE_INFINITY;
  try {
    const form = await formOf(question, work);
    if (form === undefined || !isSplittable(form)) return;
    const search = new RowSearch(form, work);
    for (let more = true; more;) {
      more = await search.step();
      const value = search.upper;
      if (!isTrusted(value) || !(value < said) || (more && value > worthSaying * said)) continue;
      said = value;
      const upper = { side: 'upper', rigor: 'certified', value } as const;
      // Before the first unit is held this is the relaxation of the Jacobian, row by row.
      yield search.hasSplit || !canNarrow(form)
        ? { ...upper, method: name, certificate: { kind: name, held: search.held() } }
        : { ...upper, method: relaxation, certificate: { kind: relaxation } };
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
}

/** A tree for every output: the largest of all leaves is the bound. */
class RowSearch {
  readonly #form: CentreForm;
  readonly #work: Work;
  readonly #rows: Row[] = [];
  /** Most steps are about the same output as the one before. */
  #last: { readonly output: number; readonly form: SplittableForm } | undefined;
  #parts = 0;

  constructor(form: CentreForm, work: Work) {
    this.#form = form;
    this.#work = work;
  }

  /** Infinite until the rows of all outputs are known. */
  get upper(): number {
    return this.#rows.length < this.#form.outputs
      ? Number.POSITIVE_INFINITY
      : this.#rows.reduce((most, { open }) => Math.max(most, open[0]!.upper), 0);
  }

  get hasSplit(): boolean {
    return this.#parts > 0;
  }

  held(): readonly (readonly number[])[] {
    return this.#rows.map(({ root }) => halvingsFor(root, this.upper));
  }

  /** One more row, or the worst leaf of the worst one: looked at closely, and when it is still the worst then, split. False when nothing more can come of it. */
  async step(): Promise<boolean> {
    await this.#work.breathe();
    if (this.#work.remainingSeconds() <= 0 || this.#parts >= mostParts) return false;
    if (this.#rows.length < this.#form.outputs) {
      const output = this.#rows.length;
      const { value, range, next } = await boundOfPart(this.#formOf(output), [], undefined, 'quick', this.#work);
      const root: Branch<Part> = { part: { held: [], range, effort: 'quick' }, own: value, upper: value, coordinate: next }; // prettier-ignore
      this.#rows.push({ output, root, open: [root] });
      return true;
    }
    const { output, open } = this.#rows.reduce((worst, row) =>
      row.open[0]!.upper > worst.open[0]!.upper ? row : worst,
    );
    const form = this.#formOf(output);
    const worst = open[0]!;
    if (worst.part.effort === 'quick') await this.#narrow(form, worst);
    else if (worst.coordinate === leaf || worst.upper === 0) return false;
    else {
      worst.halves = [await this.#half(form, worst, -1), await this.#half(form, worst, 1)];
      worst.part = { ...worst.part, range: undefined };
      open.splice(0, 1, ...worst.halves);
    }
    open.sort((a, b) => b.upper - a.upper);
    return true;
  }

  #formOf(output: number): SplittableForm {
    if (this.#last?.output !== output) this.#last = { output, form: splittableForm(this.#form, output) };
    return this.#last.form;
  }

  async #half(
    form: SplittableForm,
    { part, coordinate, upper }: Branch<Part>,
    end: Held['end'],
  ): Promise<Branch<Part>> {
    await this.#work.breathe();
    this.#parts++;
    const held = [...part.held, { deviation: coordinate, end }];
    const { value, range, next } = await boundOfPart(form, held, part.range, 'quick', this.#work);
    return { part: { held, range, effort: 'quick' }, own: value, upper: Math.min(value, upper), coordinate: next };
  }

  async #narrow(form: SplittableForm, branch: Branch<Part>): Promise<void> {
    const { held, range: before } = branch.part;
    const { value, range, next } = await boundOfPart(form, held, before, 'narrowed', this.#work);
    branch.part = { held, range, effort: 'narrowed' };
    branch.own = Math.min(branch.own, value);
    branch.upper = Math.min(branch.upper, value);
    branch.coordinate = next;
  }
}

interface Row {
  readonly output: number;
  readonly root: Branch<Part>;
  /** Leaves of its tree, the worst first. */
  readonly open: Branch<Part>[];
}

interface Part {
  readonly held: readonly Held[];
  /** What is known of the derivatives; forgotten where both halves know better. */
  readonly range: RowRange | undefined;
  readonly effort: Effort;
}
