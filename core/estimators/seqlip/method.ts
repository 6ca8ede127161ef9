import type { Bound } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { BoundMethod, SharedWork } from '../conductor/method.ts';
import { type Chain, chainOf, mayBeChain } from '../slope-recursion/chain.ts';
import { composed, cornerProblems } from './corner-problem.ts';
import { factoredChain, factoringCost } from './factored-chain.ts';
import { CornerSearch } from './largest-corner.ts';

const name = 'seqlip';
/** What the paper computes where it cannot try all corners: below the truth, if the corner found is not the largest. */
const greedyName = 'greedy-seqlip';

/** Some seconds: two layers of 256 neurons, twelve of 100. */
export const mostFactoring = 3e9;
/** Of the budget, at a billion multiplications a second: the multipliers say more about networks for which this takes long. */
const shareOfBudget = 0.05;

/** A claim about a corner's norm leaves room for the rounding of whoever proves it again. */
const spare = 1 + 1e-9;
/** A bound that is better by less is not worth an event, nor the seconds of the search that pass until it is. */
const news = { ratio: 0.999, seconds: 0.5 };
/** However little there is to win, small searches are finished: then SeqLip's own value is known. */
const leastSeconds = 0.3;

/**
 * SeqLip (Virmaux, Scaman, NeurIPS 2018): the network is cut in the middle of each layer, and each activation stands alone between two halves, where the largest norm over all its
 * slopes is found by branch and bound. With one hidden layer nothing that looks at slopes alone can say less.
 */
export const seqLip: BoundMethod = {
  name,
  activity: 'The largest corner of each activation',
  pace: 'patient',
  applies: mayBeChain,
  async *run(question, work) {
    const chain = chainOf(question);
    if (chain === undefined) return;
    if (factoringCost(chain) > Math.min(mostFactoring, 1e9 * shareOfBudget * work.remainingSeconds())) return;
    try {
      yield* searched(chain, work);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};

async function* searched(chain: Chain, work: SharedWork): AsyncGenerator<Bound> {
  const pace = new Pace(work);
  const start = performance.now();
  const seconds = (): number => work.turns?.seconds() ?? (performance.now() - start) / 1000;
  const factored = await factoredChain(chain, pace);
  const problems = cornerProblems(factored);
  const searches = problems.map((problem) => new CornerSearch(problem));
  for (const search of searches) await search.climb(pace);
  const greedy = (): number =>
    composed(
      factored,
      problems,
      searches.map(({ found }) => found),
    );
  yield { side: 'upper', rigor: 'estimate', value: greedy(), method: greedyName };
  if (isLost(greedy(), seconds(), work)) return;
  for (const search of searches) await search.begin(pace);
  const proved = (): Bound => {
    const largest = searches.map(({ upper }) => upper * spare);
    const value = composed(factored, problems, largest);
    return { side: 'upper', rigor: 'certified', value, method: name, certificate: { kind: 'seqlip', largest } };
  };
  let last = proved();
  if (!Number.isFinite(last.value)) return;
  yield last;
  let told = seconds();
  for (;;) {
    const search = widest(searches);
    if (search === undefined || isLost(greedy(), seconds(), work)) break;
    try {
      await search.cut(pace);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      break;
    }
    if (seconds() < told + news.seconds) continue;
    told = seconds();
    const bound = proved();
    if (bound.value > last.value * news.ratio) continue;
    last = bound;
    yield last;
  }
  yield proved();
}

/** Of those that are not done the one with the most to gain. */
function widest(searches: readonly CornerSearch[]): CornerSearch | undefined {
  const open = searches.filter(({ isDone }) => !isDone).map((search) => ({ search, gap: gapOf(search) }));
  return open.toSorted((one, other) => other.gap - one.gap)[0]?.search;
}

const gapOf = ({ upper, found }: CornerSearch): number => (found > 0 ? upper / found : Number.MAX_VALUE);

/** Whatever the searches still do, the bound stays above the corners that they have found. */
const isLost = (greedy: number, seconds: number, { turns }: SharedWork): boolean =>
  turns !== undefined && seconds > leastSeconds && greedy >= turns.standing().upper;
