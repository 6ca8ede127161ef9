import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { composed, type CornerProblem, cornerProblems } from '../../estimators/seqlip/corner-problem.ts';
import { factoredChain, factoringCost } from '../../estimators/seqlip/factored-chain.ts';
import { CornerSearch } from '../../estimators/seqlip/largest-corner.ts';
import { everyCornerIsBelow } from '../../estimators/seqlip/all-corners.ts';
import { mostFactoring } from '../../estimators/seqlip/method.ts';
import { chainOf, transposed } from '../../estimators/slope-recursion/chain.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Two factorisations of one matrix, rounded outward each time. */
const granted = 1e-9;

/**
 * The chain is read from the output to the input, so that its factors are others. Of few neurons every corner is looked at; of more the search is made again, which now knows what
 * it has to prove and has not to find the largest corner first.
 */
export const seqLipVerifier: CertificateVerifier = {
  kind: 'seqlip',
  async check({ value, certificate }, { norm, region, prepared: { analysed, input, output }, nodes }, work) {
    const { largest } = certificate;
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const chain = norm === 'l2' && region.kind === 'all' ? chainOf({ analysed, input, output, rules }) : undefined;
    if (chain === undefined || factoringCost(chain) > mostFactoring)
      return { verdict: 'refuted', detail: 'SeqLip is for the l2 norm of networks that are one line, on all inputs.' };
    if (!isListOfNumbers(largest) || largest.length !== chain.slopes.length)
      return { verdict: 'refuted', detail: 'A number for each activation is expected.' };
    const pace = new Pace(work);
    try {
      const factored = await factoredChain(transposed(chain), pace);
      const problems = cornerProblems(factored);
      const claims = largest.toReversed();
      for (const [at, problem] of problems.entries())
        if (!(await isLargest(problem, claims[at]!, pace)))
          return {
            verdict: 'refuted',
            detail: `Slopes of activation ${largest.length - at} make more than ${claims[at]!} of it.`,
          };
      const again = composed(factored, problems, claims);
      return {
        verdict: value >= again * (1 - granted) ? 'confirmed' : 'refuted',
        detail: `With the largest corner of each activation proved anew it is ${again}; the inspection says ${value}.`,
      };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: 'The time for checking was over before all corners were bounded.' };
    }
  },
};

const isListOfNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((own) => typeof own === 'number');

async function isLargest(problem: CornerProblem, claim: number, pace: Pace): Promise<boolean> {
  const known = await everyCornerIsBelow(problem, claim, pace);
  if (known !== undefined) return known;
  const search = new CornerSearch(problem, claim);
  await search.begin(pace);
  while (!search.isDone && search.found <= claim) await search.cut(pace);
  return search.upper <= claim;
}
