import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { UserError } from '../../sentence.ts';
import type { BoundMethod, BoundQuestion, SharedWork } from '../conductor/method.ts';
import { denseProblem } from './dense-problem.ts';
import { descent, type Iterate } from './descent.ts';
import { interiorPoint } from './interior-point.ts';
import { largestUnit } from './largest-unit.ts';
import { normalForm, type NormalForm } from './normal-form.ts';
import { inOrder, Prover } from './prover.ts';
import { searchProblem } from './search-problem.ts';

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

const tooManyAtOnce = (front: number): string =>
  `up to ${front} neurons meet at once, more than the ${largestFront} it can work with`;

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
  if (front > largestFront) return tooManyAtOnce(front);
  return variables > largestProof && units.length < 20
    ? `the proof would be about ${variables} neurons at once, more than the ${largestProof} it can work with`
    : undefined;
}

async function* bounds(question: BoundQuestion, work: SharedWork): AsyncGenerator<Bound> {
  const { analysed, input, output, rules } = question;
  const largest = largestUnit(analysed, output, rules);
  if (largest > largestFront) throw new UserError(tooManyAtOnce(largest));
  const form = normalForm(analysed, input, output, rules);
  if ('reason' in form) throw new UserError(form.reason);
  await work.breathe();
  const reason = tooLarge(form);
  if (reason !== undefined) throw new UserError(reason);
  const pace = new Pace(work);
  await using products = await DenseProducts.open(work.engine, pace);
  const prover = new Prover(form, work, name);
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
