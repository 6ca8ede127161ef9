import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { up } from '../../rounding.ts';
import { UserError } from '../../sentence.ts';
import type { BoundMethod, BoundQuestion } from '../conductor/method.ts';
import { encoded } from './certificate.ts';
import { type DenseProblem, denseProblem } from './dense-problem.ts';
import { sweep } from './front.ts';
import { interiorPoint, type Iterate } from './interior-point.ts';
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

/** The largest matrices that are worth having as a whole: a step takes some seconds then. */
const largestDense = 2200;

/** A bound that is better by less is not worth another proof. */
const worthProving = 0.98;

async function* bounds(question: BoundQuestion, work: Work): AsyncGenerator<Bound> {
  const { analysed, input, output, rules } = question;
  const form = normalForm(analysed, input, output, rules);
  if ('reason' in form) throw new UserError(form.reason);
  await work.breathe();
  const pace = new Pace(work);
  await using products = await DenseProducts.open(work.engine);
  const problem = await denseProblem(form, products);
  const total = problem.sizes.reduce((sum, size) => sum + size, 0);
  if (total > largestDense) throw new UserError(`the network has ${total} units and inputs, more than ${largestDense}`);
  const prover = new Prover(form, problem, work);
  try {
    const start = await sweep(problem, products, pace);
    if (start === undefined) return;
    const flat = Float64Array.from(start.multipliers.flatMap((own) => [...own])).map((lam) => lam * start.square);
    yield* prover.offer({ multipliers: flat, square: start.square });
    for await (const iterate of interiorPoint(problem, start, products, pace)) yield* prover.offer(iterate);
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
  readonly #problem: DenseProblem;
  readonly #work: Work;
  #proved = Number.POSITIVE_INFINITY;
  #best: Iterate | undefined;

  constructor(form: NormalForm, problem: DenseProblem, work: Work) {
    this.#form = form;
    this.#problem = problem;
    this.#work = work;
  }

  async *offer(iterate: Iterate): AsyncGenerator<Bound> {
    if (this.#best !== undefined && iterate.square >= this.#best.square) return;
    this.#best = iterate;
    if (iterate.square < worthProving * this.#proved) yield* this.finish();
  }

  /** Proves what is best by now. What was begun is ended, also when time is over. */
  async *finish(): AsyncGenerator<Bound> {
    const best = this.#best;
    if (best === undefined || best.square >= this.#proved * (1 - 1e-8)) return;
    const pace = new Pace(this.#work, 'unlimited');
    for (const enlargement of enlargements) {
      const square = best.square * (1 + enlargement);
      if (square >= this.#proved) return;
      const bound = up(Math.sqrt(square) * this.#problem.outputScale);
      const multipliers = this.#natural(best, 1 + enlargement);
      if (!(await provesBound(this.#form, multipliers, bound, pace))) continue;
      this.#proved = square;
      yield { side: 'upper', rigor: 'certified', value: bound, method: name, certificate: encoded(multipliers) };
      return;
    }
  }

  /** In the network's own units, unit by unit. */
  #natural({ multipliers }: Iterate, factor: number): Float64Array[] {
    const { units, scales, outputScale } = this.#problem;
    let at = 0;
    return units.map(({ block, law, rows }) => {
      const ratio = outputScale / scales[block]!;
      const count = law.kind === 'ball' ? 1 : rows;
      at += count;
      return multipliers.slice(at - count, at).map((lam) => lam * factor * ratio * ratio);
    });
  }
}
