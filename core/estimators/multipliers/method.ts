import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { up } from '../../rounding.ts';
import { UserError } from '../../sentence.ts';
import type { BoundMethod, BoundQuestion, SharedWork } from '../conductor/method.ts';
import { proofReserve } from '../conductor/prospect.ts';
import { encoded } from './certificate.ts';
import { denseProblem } from './dense-problem.ts';
import { descent, type Iterate } from './descent.ts';
import { interiorPoint } from './interior-point.ts';
import { groupsOf, normalForm, type NormalForm } from './normal-form.ts';
import { provesBound } from './proof.ts';
import { type SearchProblem, searchProblem } from './search-problem.ts';

const name = 'diagonal-multipliers';

/**
 * The l2 constant by LipSDP-Neuron (Fazlyab et al., NeurIPS 2019) on any graph, without an SDP solver
 * from outside. Every iterate gives a bound, which is proved before it is called one.
 */
export const diagonalMultipliers: BoundMethod = {
  name,
  activity: 'Tightening the bound by multipliers',
  pace: 'patient',
  // On a region the local multipliers say the same with fewer variables.
  applies: ({ norm, rules, region }) =>
    norm === 'l2' &&
    region.kind === 'all' &&
    [...rules.values()].some(({ kind }) => kind === 'elementwise' || kind === 'join' || kind === 'gain') &&
    [...rules.values()].every(
      (rule) =>
        rule.kind === 'affine' ||
        rule.kind === 'constant' ||
        rule.kind === 'elementwise' ||
        rule.kind === 'gain' ||
        (rule.kind === 'join' && rule.exactly !== undefined),
    ),
  run: bounds,
};

/** Matrices up to here are small enough for the interior point method: a step takes half a second. */
const largestInterior = 1000;
/** Of that method's steps, after which it has found the optimum. */
const shortDescent = 40;

/** Numbers of the largest matrix in a sweep, half a gigabyte, and of the one that a proof is made with. */
const largestFront = 6500;
const largestProof = 9000;

/** Why the sweep would take too much memory, if so. */
function tooLarge({ sizes, units, output }: NormalForm): string | undefined {
  const forms = [...units.map(({ input }) => input), output];
  const last = sizes.map((_, block) => forms.reduce((most, { parts }, at) => (parts.has(block) ? at : most), -1));
  let front = 0;
  units.forEach(({ block }, at) => {
    const live = sizes.filter((_, other) => other > 0 && other <= block && last[other]! >= at);
    front = Math.max(
      front,
      live.reduce((sum, size) => sum + size, 0),
    );
  });
  const variables = sizes.slice(1).reduce((sum, size) => sum + size, 0);
  if (front > largestFront)
    return `up to ${front} neurons meet at once, more than the ${largestFront} it can work with`;
  return variables > largestProof && units.length < 20
    ? `the proof would be about ${variables} neurons at once, more than the ${largestProof} it can work with`
    : undefined;
}

/** A bound that is better by less is not worth another proof. */
const worthProving = 0.98;

async function* bounds(question: BoundQuestion, work: SharedWork): AsyncGenerator<Bound> {
  const { analysed, input, output, rules } = question;
  const form = normalForm(analysed, input, output, rules);
  if ('reason' in form) throw new UserError(form.reason);
  await work.breathe();
  const reason = tooLarge(form);
  if (reason !== undefined) throw new UserError(reason);
  const pace = new Pace(work);
  await using products = await DenseProducts.open(work.engine, pace);
  const prover = new Prover(form, work);
  try {
    const problem = searchProblem(form);
    const seen = [...form.units.map(({ input: one }) => one), form.output].reduce(
      (sum, { rows, parts }) => sum + (parts.has(0) ? rows : 0),
      0,
    );
    const total = problem.sizes.reduce((sum, size) => sum + size, 0) - Math.max(0, problem.sizes[0]! - seen);
    const small = total <= largestInterior && form.units.every(({ law }) => law.kind !== 'windows');
    const whole = prover.secondsLeft();
    const progress = (step: number): number => (small ? step / shortDescent : 1 - prover.secondsLeft() / whole);
    let start: Iterate | undefined;
    for await (const iterate of descent(problem, products, pace, progress)) {
      start ??= iterate;
      yield* prover.offer(iterate, problem);
      if (prover.mustHurry()) break;
    }
    if (small && start !== undefined)
      for await (const iterate of interiorPoint(
        await denseProblem(form, products),
        inOrder(start, problem, 'natural'),
        products,
        pace,
      )) {
        yield* prover.offer(inOrder(iterate, problem, 'of the search'), problem);
        if (prover.mustHurry()) break;
      }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  yield* prover.finish();
}

/** By how much a bound is enlarged before it is tried to prove it: rounding eats the first ones where multipliers are extreme. */
const enlargements = [1e-9, 1e-7, 1e-5, 1e-3];
const briefProof = 0.2;

/** Turns iterates into certified bounds, the better ones at once and the last one in the end. */
class Prover {
  readonly #form: NormalForm;
  readonly #work: SharedWork;
  /** How many enlargements were too small before: they will be so again. */
  #enlarged = 0;
  #proved = Number.POSITIVE_INFINITY;
  #best: { readonly iterate: Iterate; readonly problem: SearchProblem } | undefined;
  /** How long the last proof took, and when it ended. */
  #seconds = 0;
  #ended = 0;

  constructor(form: NormalForm, work: SharedWork) {
    this.#form = form;
    this.#work = work;
  }

  async *offer(iterate: Iterate, problem: SearchProblem): AsyncGenerator<Bound> {
    if (this.#best !== undefined && iterate.square >= this.#best.iterate.square) return;
    this.#best = { iterate, problem };
    this.#work.turns?.expect('upper', Math.sqrt(iterate.square) * problem.outputScale, this.#seconds);
    // Proofs may take a quarter of the time.
    const due = this.#now() - this.#ended >= 3 * this.#seconds;
    if (due && iterate.square < worthProving * this.#proved) yield* this.finish();
  }

  /** In seconds of its own. */
  #now(): number {
    return this.#work.turns?.seconds() ?? performance.now() / 1000;
  }

  /** Until there is time for one more proof, and hardly for anything else. */
  secondsLeft(): number {
    return Math.max(0, this.#work.remainingSeconds() - proofReserve * this.#seconds);
  }

  mustHurry(): boolean {
    return this.secondsLeft() <= 0;
  }

  /** Proves what is best by now. What was begun is ended, also when time is over. */
  async *finish(): AsyncGenerator<Bound> {
    if (this.#best === undefined) return;
    const { iterate: best, problem } = this.#best;
    if (best.square >= this.#proved * (1 - 1e-8)) return;
    const pace = new Pace(this.#work, 'unlimited');
    const begun = this.#now();
    // Where proofs take moments, every one begins with the least.
    if (this.#seconds < briefProof) this.#enlarged = 0;
    for (const enlargement of enlargements.slice(this.#enlarged)) {
      const square = best.square * (1 + enlargement);
      if (square >= this.#proved) return;
      const bound = up(Math.sqrt(square) * problem.outputScale);
      const multipliers = naturalMultipliers(best, problem, this.#form, 1 + enlargement);
      const holds = await provesBound(this.#form, multipliers, bound, pace);
      this.#ended = this.#now();
      this.#seconds = this.#ended - begun;
      if (!holds) {
        this.#enlarged = Math.min(this.#enlarged + 1, enlargements.length - 1);
        continue;
      }
      this.#proved = square;
      yield { side: 'upper', rigor: 'certified', value: bound, method: name, certificate: encoded(multipliers) };
      return;
    }
  }
}

/** The same multipliers in the order of the network, which the search changes for feature maps, or in that of the search. */
function inOrder(iterate: Iterate, { orders }: SearchProblem, order: 'natural' | 'of the search'): Iterate {
  const multipliers = new Float64Array(iterate.multipliers.length);
  let start = 0;
  for (const own of orders) {
    for (const [searched, natural] of own.entries()) {
      const [to, from] = order === 'natural' ? [natural, searched] : [searched, natural];
      multipliers[start + to] = iterate.multipliers[start + from]!;
    }
    start += own.length;
  }
  return { ...iterate, multipliers };
}

/** In the network's own units and order, unit by unit; behind those of windows their theta. */
function naturalMultipliers(
  { multipliers, thetas }: Iterate,
  { scales, outputScale, orders }: SearchProblem,
  { units }: NormalForm,
  factor: number,
): Float64Array[] {
  let start = 0;
  return units.map((unit, at) => {
    const ratio = outputScale / scales[unit.block]!;
    const count = groupsOf(unit);
    const natural = new Float64Array(unit.law.kind === 'windows' ? count + 1 : count);
    orders[at]!.forEach((to, from) => (natural[to] = multipliers[start + from]! * factor * ratio * ratio));
    if (unit.law.kind === 'windows') natural[count] = thetas[at] ?? 0;
    start += count;
    return natural;
  });
}
