import type { Bound } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { above } from '../../rounding.ts';
import { elementCount } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { BoundMethod, BoundQuestion, SharedWork } from '../conductor/method.ts';
import { type Chain, chainOf, isAffineAndBent } from '../slope-recursion/chain.ts';
import { encoded } from './certificate.ts';
import { leftOut, pathsOf, polynomialOfRow, rowsOfNorm, sizesOf } from './path-polynomial.ts';
import { RowSearch } from './row-search.ts';

const name = 'lipopt';

/** Corners of all paths: of one row, 32 megabytes; of all rows together, some seconds before the first value. */
const most = { ofRow: 2 ** 22, ofAll: 2 ** 25 };
/** Numbers of a certificate: 4 megabytes. Rows that would need more stay at the expansion around the middles. */
const mostGiven = 2 ** 20;
/** A bound that is better by less is not worth an event. */
const news = 0.999;

/**
 * LiPopt (Gómez, Rolland, Cevher, ICLR 2020): the largest row of the Jacobian over all slopes as a polynomial optimisation problem, and Handelman's hierarchy for it along the paths
 * through the layers, of the degree of the number of layers. The linear program is not handed to a solver: it is descended to, and every iterate is a bound.
 */
export const lipOpt: BoundMethod = {
  name,
  activity: 'Polynomial in all slopes',
  pace: 'patient',
  applies: ({ norm, rules, region }) => norm !== 'l2' && region.kind === 'all' && isAffineAndBent(rules),
  async *run(question, work) {
    const reason = tooLarge(sizesAhead(question));
    if (reason !== undefined) throw new UserError(reason);
    const chain = rowChainOf(question);
    if (chain === undefined) return;
    try {
      yield* searched(chain, work);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};

interface Sizes {
  /** Variables of each kind. */
  readonly kinds: readonly number[];
  readonly rows: number;
}

/** As the graph says, before anything is written down. */
function sizesAhead({ analysed, input, output, rules, norm }: BoundQuestion): Sizes {
  const sizeOf = (tensor: string): number => elementCount(analysed.types.get(tensor)!.shape);
  const bent = analysed.nodes.filter(({ id }) => rules.get(id)?.kind === 'elementwise');
  const ends = norm === 'linf' ? { first: input, last: output } : { first: output, last: input };
  return { kinds: [sizeOf(ends.first), ...bent.map(({ outputs }) => sizeOf(outputs[0]!))], rows: sizeOf(ends.last) };
}

/** What `verify` begins with as well. */
export function rowChainOf({
  norm,
  ...question
}: Pick<BoundQuestion, 'analysed' | 'input' | 'output' | 'rules' | 'norm'>): Chain | undefined {
  const chain = norm === 'l2' ? undefined : chainOf(question);
  return chain && norm !== 'l2' ? rowsOfNorm(chain, norm) : undefined;
}

export const isTooLarge = (chain: Chain): boolean =>
  tooLarge({ kinds: sizesOf(chain), rows: chain.layers.at(-1)!.rows }) !== undefined;

/** Why it does not take part, if so. */
function tooLarge({ kinds, rows }: Sizes): string | undefined {
  const paths = pathsOf(kinds);
  const corners = paths * 2 ** kinds.length;
  if (corners <= most.ofRow && rows * corners <= most.ofAll) return undefined;
  return `the polynomial of one row of the Jacobian would have ${kinds.join(' · ')} terms, with ${rows} rows: more than it can work with`;
}

async function* searched(chain: Chain, work: SharedWork): AsyncGenerator<Bound> {
  const pace = new Pace(work);
  const numbers = pathsOf(sizesOf(chain)) * (2 ** chain.layers.length - 2);
  const missing = leftOut(chain);
  const searches: RowSearch[] = [];
  for (let row = 0; row < chain.layers.at(-1)!.rows; row++) {
    searches.push(new RowSearch(row, () => polynomialOfRow(chain, row)));
    if (pace.due(numbers)) await pace.rest();
  }
  const proved = (): Bound => {
    const value = above(Math.max(...searches.map(({ bound }) => bound)) + missing);
    const rows = searches.flatMap(({ row, given }) => (given === undefined ? [] : [{ row, given }]));
    return { side: 'upper', rigor: 'certified', value, method: name, certificate: encoded(rows) };
  };
  let last = Number.POSITIVE_INFINITY;
  try {
    for (;;) {
      const bound = above(Math.max(...searches.map((search) => search.bound)) + missing);
      if (!Number.isFinite(bound)) return;
      if (bound < last * news) {
        last = bound;
        yield proved();
      }
      const largest = searches.reduce((one, other) => (other.bound > one.bound ? other : one));
      const begun = searches.filter(({ hasBegun }) => hasBegun).length;
      if (largest.isDone || (!largest.hasBegun && (begun + 1) * numbers > mostGiven)) break;
      await largest.improve(pace);
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  const final = proved();
  if (final.value < last) yield final;
}
