import type { Bound } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { above } from '../../rounding.ts';
import type { BoundMethod, BoundQuestion, SharedWork } from '../conductor/method.ts';
import { leftOut, rowsOfNorm } from '../lipopt/path-polynomial.ts';
import { type Chain, chainOf, isAffineAndBent } from '../slope-recursion/chain.ts';
import { RowCornerSearch } from './corner-search.ts';
import { costOf } from './row-polynomial.ts';

const name = 'slope-corners';

/** Multiplications for a first look at all rows: seconds. */
const mostProducts = 2e9;
/** A claim leaves room for the rounding of whoever proves it again. */
const spare = 1 + 1e-9;
/** A bound that is better by less is not worth an event, nor the seconds of the search that pass until it is. */
const news = { ratio: 0.999, seconds: 0.25 };

/**
 * The largest absolute sum of a row (of a column, in l1) of a chain's Jacobian over all slopes, by branch and bound over their ends. Nothing that looks at slopes alone can say less, and LiPopt's
 * linear programs are relaxations of this.
 */
export const slopeCorners: BoundMethod = {
  name,
  activity: 'The largest corner of all slopes',
  pace: 'patient',
  applies: ({ norm, rules, region }) => norm !== 'l2' && region.kind === 'all' && isAffineAndBent(rules),
  async *run(question, work) {
    const chain = cornerChainOf(question);
    if (chain === undefined) return;
    try {
      yield* searched(chain, work);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};

/** What `verify` begins with as well; undefined where there is no chain, or one that is too large. */
export function cornerChainOf({
  norm,
  ...question
}: Pick<BoundQuestion, 'analysed' | 'input' | 'output' | 'rules' | 'norm'>): Chain | undefined {
  const chain = norm === 'l2' ? undefined : chainOf(question);
  if (chain === undefined || norm === 'l2') return undefined;
  const rows = rowsOfNorm(chain, norm);
  return rows.layers.at(-1)!.rows * costOf(rows) <= mostProducts ? rows : undefined;
}

async function* searched(chain: Chain, work: SharedWork): AsyncGenerator<Bound> {
  const pace = new Pace(work);
  const start = performance.now();
  const seconds = (): number => work.turns?.seconds() ?? (performance.now() - start) / 1000;
  const missing = leftOut(chain);
  const search = new RowCornerSearch(chain, 'forwards');
  await search.begin(pace);
  const proved = (): Bound => ({
    side: 'upper',
    rigor: 'certified',
    value: above(above(search.upper * spare) + missing),
    method: name,
    certificate: { kind: name },
  });
  let last = proved();
  if (!Number.isFinite(last.value)) return;
  yield last;
  let told = seconds();
  try {
    while (!search.isDone && !isLost(search, work)) {
      await search.cut(pace);
      if (seconds() < told + news.seconds) continue;
      told = seconds();
      const bound = proved();
      if (bound.value > last.value * news.ratio) continue;
      last = bound;
      yield last;
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  if (proved().value < last.value) yield proved();
}

/** Whatever the search still does, the bound stays above the corners that it has found. */
const isLost = ({ found }: RowCornerSearch, { turns }: SharedWork): boolean =>
  turns !== undefined && found >= turns.standing().upper;
