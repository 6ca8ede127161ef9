import type { Bound } from '../../bound.ts';
import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { elementCount } from '../../network/tensor.ts';
import { centreFormByRows } from '../centre-form/by-rows.ts';
import { type BoundMethod, type BoundQuestion, hasFiniteRules } from '../conductor/method.ts';
import { ruledNodes } from '../ranges/rules-on.ts';
import { mostInfluential } from './coordinate.ts';
import { boundOfPart, type PartQuestion } from './part-bounds.ts';
import { halvesOf, wholeOf, type Part } from './parts.ts';
import { halvingsFor, type Branch } from './tree.ts';

const name = 'region-splitting';

/** With more inputs a halved one changes next to nothing. */
const mostInputs = 64;
/** On the whole space: on a line every unit is on one side far out, in a plane there are always directions along which it is not. */
const mostEverywhere = 1;
/** So that `verify` is done in minutes. */
const mostParts = 20_000;
/** A bound that is better by less is not worth another certificate. */
const worthSaying = 0.99;

/**
 * Branch and bound over the region, or over the whole line: the part with the largest bound is halved, again and again. On smaller parts fewer units bend, so that for networks of few inputs the bound comes
 * down to the constant itself; a segment between two points passes through parts, on each of which the network is no steeper than its bound.
 */
export const regionSplitting: BoundMethod = {
  name,
  activity: 'Splitting the region',
  pace: 'patient',
  applies: ({ analysed, input, region, ...question }) =>
    elementCount(analysed.types.get(input)?.shape ?? []) <= (region.kind === 'all' ? mostEverywhere : mostInputs) &&
    hasFiniteRules(question),
  run: bounds,
};

async function* bounds(question: BoundQuestion, work: Work): AsyncGenerator<Bound> {
  const { region, analysed } = question;
  const search = new Splitting({ ...question, region, nodes: ruledNodes(analysed, question.rules) }, work);
  let said = Number.POSITIVE_INFINITY;
  let isOver = false;
  while (!isOver) {
    try {
      isOver = !(await search.step());
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      isOver = true;
    }
    const value = search.upper;
    if (!(value < said) || (value > worthSaying * said && !isOver)) continue;
    said = value;
    yield { side: 'upper', rigor: 'certified', value, method: name, certificate: { kind: name, halvings: search.halvings() } }; // prettier-ignore
  }
}

class Splitting {
  readonly #question: PartQuestion;
  readonly #work: Work;
  #root: Branch | undefined;
  /** Worst first. */
  readonly #open: Branch[] = [];
  #parts = 1;

  constructor(question: PartQuestion, work: Work) {
    this.#question = question;
    this.#work = work;
  }

  get upper(): number {
    return this.#open[0]?.upper ?? Number.POSITIVE_INFINITY;
  }

  halvings(): readonly number[] {
    return halvingsFor(this.#root!, this.upper);
  }

  /** Halves the worst part; false when nothing more can come of it. */
  async step(): Promise<boolean> {
    if (this.#work.remainingSeconds() <= 0 || this.#parts >= mostParts) return false;
    if (this.#root === undefined) {
      const { analysed, input, region } = this.#question;
      const whole = wholeOf(region, elementCount(analysed.types.get(input)!.shape));
      this.#root = await this.#branch(whole, Number.POSITIVE_INFINITY);
      this.#open.push(this.#root);
      return Number.isFinite(this.upper);
    }
    const worst = this.#open[0]!;
    const halves = worst.upper > 0 ? halvesOf(worst.part, worst.coordinate) : undefined;
    if (halves === undefined) return false;
    const [a, b] = halves;
    // Both are known before the tree changes: what is said in between holds.
    worst.halves = [await this.#branch(a, worst.upper), await this.#branch(b, worst.upper)];
    this.#open.shift();
    for (const half of worst.halves) this.#insert(half);
    this.#parts++;
    return true;
  }

  async #branch(part: Part, known: number): Promise<Branch> {
    const { value, form } = await boundOfPart(this.#question, part, centreFormByRows, this.#work);
    const coordinate = form === undefined ? 0 : mostInfluential(form, part);
    return { part, own: value, upper: Math.min(value, known), coordinate };
  }

  #insert(branch: Branch): void {
    let [from, to] = [0, this.#open.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#open[middle]!.upper >= branch.upper) from = middle + 1;
      else to = middle;
    }
    this.#open.splice(from, 0, branch);
  }
}
