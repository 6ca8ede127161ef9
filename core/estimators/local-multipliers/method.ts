import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { isTrusted } from '../absolute-values/value.ts';
import { formOf } from '../centre-form/question.ts';
import { type BoundMethod, type BoundQuestion, hasFiniteRules, type SharedWork } from '../conductor/method.ts';
import { enlargements, proofReserve } from '../conductor/prospect.ts';
import { smallerSquares, type Iterate } from './barrier.ts';
import { blockStarts } from './block-start.ts';
import { encoded } from './certificate.ts';
import { problemOf } from './problem.ts';
import { provedBound } from './proof.ts';

const name = 'local-multipliers';

/** Rows of the largest matrix: a step takes seconds. */
const largestRows = 3000;
/** A square that is smaller by less is not worth another proof. */
const worthProving = 0.999;
/** Searching takes at least so many times as long as the proofs between. */
const proofShare = 3;

/**
 * The l2 constant on a region by multipliers on the units that are not straight there: LipSDP-Neuron around the middle slopes, on matrices that have a row for each of these units only. Never worse
 * than sums of absolute values, where it starts.
 */
export const localMultipliers: BoundMethod = {
  name,
  activity: 'Multipliers for the units that are not straight on the region',
  pace: 'patient',
  applies: ({ region, norm, ...question }) => norm === 'l2' && region.kind !== 'all' && hasFiniteRules(question),
  run: bounds,
};

async function* bounds(question: BoundQuestion, work: SharedWork): AsyncGenerator<Bound> {
  try {
    const form = await formOf(question, work);
    const begun = form && problemOf(form);
    if (form === undefined || begun === undefined || begun.problem.rows.length > largestRows) return;
    let best = Number.POSITIVE_INFINITY;
    let pending: Iterate | undefined;
    let proofSeconds = 0;
    // What is found is worth nothing before it is proved: the search ends while there is time for that.
    const search: SharedWork = {
      engine: work.engine,
      breathe: () => work.breathe(),
      remainingSeconds: () => work.remainingSeconds() - (pending === undefined ? 0 : proofReserve * proofSeconds),
    };
    const pace = new Pace(search);
    await using products = await DenseProducts.open(work.engine, pace);
    const seconds = (): number => work.turns?.seconds() ?? performance.now() / 1000;
    const prove = async function* (): AsyncGenerator<Bound> {
      if (pending === undefined) return;
      const begin = seconds();
      for (const enlargement of enlargements) {
        const iterate = { s: pending.s, square: pending.square * (1 + enlargement) };
        const value = await provedBound(form, begun.problem, iterate, new Pace(work, 'unlimited'));
        if (value === undefined) continue;
        if (value < best && isTrusted(value)) {
          best = value;
          yield { side: 'upper', rigor: 'certified', value, method: name, certificate: encoded(iterate) };
        }
        break;
      }
      pending = undefined;
      proofSeconds = seconds() - begin;
    };
    try {
      const starts = [...blockStarts(form, begun.problem, begun.start), begun.start];
      let provedAt = Number.NEGATIVE_INFINITY;
      for await (const iterate of smallerSquares(form, begun.problem, starts, products, pace)) {
        const needed = Math.min(best, work.turns?.standing().upper ?? best);
        if (iterate.square >= Math.min(pending?.square ?? Number.POSITIVE_INFINITY, worthProving * needed ** 2))
          continue;
        pending = iterate;
        work.turns?.expect('upper', Math.sqrt(iterate.square), proofSeconds);
        if (seconds() - provedAt < proofShare * proofSeconds) continue;
        yield* prove();
        provedAt = seconds();
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
    yield* prove();
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
}
