import type { Bound } from '../../bound.ts';
import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { isTrusted } from '../absolute-values/value.ts';
import { formOf } from '../centre-form/question.ts';
import type { BoundMethod, BoundQuestion } from '../conductor/method.ts';
import { barrier } from './barrier.ts';
import { encoded } from './certificate.ts';
import { problemOf } from './problem.ts';
import { provedBound } from './proof.ts';

const name = 'local-multipliers';

/** Rows of the largest matrix: a step takes seconds. */
const largestRows = 3000;
/** A bound that is better by less is not worth another proof. */
const worthProving = 0.97;
const enlargements = [1e-9, 1e-7, 1e-5, 1e-3];

/**
 * The l2 constant on a region by multipliers on the units that are not straight there: LipSDP-Neuron around the middle slopes, on matrices that have a row for each of these units only. Never worse
 * than sums of absolute values, where it starts.
 */
export const localMultipliers: BoundMethod = {
  name,
  activity: 'Multipliers for the units that are not straight on the region',
  pace: 'patient',
  applies: ({ region, norm, rules }) =>
    norm === 'l2' &&
    region.kind !== 'all' &&
    [...rules.values()].every(({ kind }) => kind !== 'unbounded' && kind !== 'unsupported'),
  run: bounds,
};

async function* bounds(question: BoundQuestion, work: Work): AsyncGenerator<Bound> {
  try {
    const form = await formOf(question, work);
    const begun = form && problemOf(form);
    if (form === undefined || begun === undefined || begun.problem.rows.length > largestRows) return;
    const pace = new Pace(work);
    await using products = await DenseProducts.open(work.engine, pace);
    let best = Number.POSITIVE_INFINITY;
    let last = Number.POSITIVE_INFINITY;
    let pending: { readonly s: Float64Array; readonly square: number } | undefined;
    const prove = async function* (): AsyncGenerator<Bound> {
      if (pending === undefined) return;
      for (const enlargement of enlargements) {
        const iterate = { s: pending.s, square: pending.square * (1 + enlargement) };
        const value = await provedBound(form, begun.problem, iterate, new Pace(work, 'unlimited'));
        if (value === undefined) continue;
        last = pending.square;
        if (value < best && isTrusted(value)) {
          best = value;
          yield { side: 'upper', rigor: 'certified', value, method: name, certificate: encoded(iterate) };
        }
        break;
      }
      pending = undefined;
    };
    try {
      for await (const iterate of barrier(form, begun.problem, begun.start, products)) {
        if (iterate.square >= (pending?.square ?? last)) continue;
        pending = iterate;
        if (iterate.square < worthProving * last) yield* prove();
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
    yield* prove();
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
}
