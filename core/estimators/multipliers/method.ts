import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { up } from '../../rounding.ts';
import { UserError } from '../../sentence.ts';
import type { BoundMethod, BoundQuestion } from '../conductor/method.ts';
import { encoded } from './certificate.ts';
import { type DenseProblem, denseProblem } from './dense-problem.ts';
import { descent, type Iterate } from './descent.ts';
import { interiorPoint } from './interior-point.ts';
import { normalForm, type NormalForm } from './normal-form.ts';
import { provesBound } from './proof.ts';

const name = 'diagonal-multipliers';

/**
 * The l2 constant by LipSDP-Neuron (Fazlyab et al., NeurIPS 2019) on any graph, without an SDP solver
 * from outside. Every iterate gives a bound, which is proved before it is called one.
 */
export const diagonalMultipliers: BoundMethod = {
  name,
  activity: 'Tightening the bound by multipliers',
  pace: 'patient',
  applies: ({ norm, rules }) =>
    norm === 'l2' &&
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

/** Numbers that the linear forms may have when they are written out, and variables that may be live at once: 2 GB in all. */
const largestForms = 4e7;
const largestFront = 4600;

function tooLarge({ sizes, units, output }: NormalForm): string | undefined {
  const forms = [...units.map(({ input }) => input), output];
  const written = forms.reduce(
    (sum, { rows, parts }) => [...parts.keys()].reduce((total, block) => total + rows * sizes[block]!, sum),
    0,
  );
  const seen = forms.reduce((sum, { rows, parts }) => sum + (parts.has(0) ? rows : 0), 0);
  const last = sizes.map((_, block) => forms.reduce((most, { parts }, at) => (parts.has(block) ? at : most), -1));
  let front = 0;
  units.forEach((_, at) => {
    const gone = last.findIndex((use) => use >= at);
    const live = sizes.slice(gone, at + 2).reduce((sum, size) => sum + size, 0);
    front = Math.max(front, gone === 0 ? live - sizes[0]! + Math.min(sizes[0]!, seen) : live);
  });
  return written > largestForms || front > largestFront
    ? `up to ${front} neurons meet at once, more than the ${largestFront} it can work with`
    : undefined;
}

/** A bound that is better by less is not worth another proof. */
const worthProving = 0.98;

async function* bounds(question: BoundQuestion, work: Work): AsyncGenerator<Bound> {
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
    const problem = await denseProblem(form, products);
    const total = problem.sizes.reduce((sum, size) => sum + size, 0);
    const small = total <= largestInterior;
    const length = (seconds: number): number => (small ? shortDescent : (0.9 * work.remainingSeconds()) / seconds);
    let start: Iterate | undefined;
    for await (const iterate of descent(problem, products, pace, length)) {
      start ??= iterate;
      yield* prover.offer(iterate, problem);
      if (prover.mustHurry()) break;
    }
    if (small && start !== undefined)
      for await (const iterate of interiorPoint(problem, start, products, pace)) {
        yield* prover.offer(iterate, problem);
        if (prover.mustHurry()) break;
      }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  yield* prover.finish();
}

/** By how much a bound is enlarged before it is tried to prove it: rounding eats the first ones where multipliers are extreme. */
const enlargements = [1e-9, 1e-7, 1e-5, 1e-3];

/** Turns iterates into certified bounds, the better ones at once and the last one in the end. */
class Prover {
  readonly #form: NormalForm;
  readonly #work: Work;
  #proved = Number.POSITIVE_INFINITY;
  #best: { readonly iterate: Iterate; readonly problem: DenseProblem } | undefined;
  /** How long the last proof took, and when it ended. */
  #seconds = 0;
  #ended = 0;

  constructor(form: NormalForm, work: Work) {
    this.#form = form;
    this.#work = work;
  }

  async *offer(iterate: Iterate, problem: DenseProblem): AsyncGenerator<Bound> {
    if (this.#best !== undefined && iterate.square >= this.#best.iterate.square) return;
    this.#best = { iterate, problem };
    // Proofs may take a quarter of the time.
    const due = (performance.now() - this.#ended) / 1000 >= 3 * this.#seconds;
    if (due && iterate.square < worthProving * this.#proved) yield* this.finish();
  }

  /** There is time for one more proof, and hardly for anything else. */
  mustHurry(): boolean {
    return this.#work.remainingSeconds() < 1.5 * this.#seconds;
  }

  /** Proves what is best by now. What was begun is ended, also when time is over. */
  async *finish(): AsyncGenerator<Bound> {
    if (this.#best === undefined) return;
    const { iterate: best, problem } = this.#best;
    if (best.square >= this.#proved * (1 - 1e-8)) return;
    const pace = new Pace(this.#work, 'unlimited');
    const begun = performance.now();
    for (const enlargement of enlargements) {
      const square = best.square * (1 + enlargement);
      if (square >= this.#proved) return;
      const bound = up(Math.sqrt(square) * problem.outputScale);
      const multipliers = naturalMultipliers(best, problem, 1 + enlargement);
      const holds = await provesBound(this.#form, multipliers, bound, pace);
      this.#ended = performance.now();
      this.#seconds = (this.#ended - begun) / 1000;
      if (!holds) continue;
      this.#proved = square;
      yield { side: 'upper', rigor: 'certified', value: bound, method: name, certificate: encoded(multipliers) };
      return;
    }
  }
}

/** In the network's own units, unit by unit. */
function naturalMultipliers(
  { multipliers }: Iterate,
  { units, scales, outputScale }: DenseProblem,
  factor: number,
): Float64Array[] {
  let at = 0;
  return units.map(({ block, law, rows }) => {
    const ratio = outputScale / scales[block]!;
    const count = law.kind === 'ball' ? 1 : rows;
    at += count;
    return multipliers.slice(at - count, at).map((lam) => lam * factor * ratio * ratio);
  });
}
