import { Pace } from '../../compute/linear-algebra/pace.ts';
import { averagedBound, averagedCost } from '../../estimators/averaged-activations/expansion.ts';
import { mostAveragedCost } from '../../estimators/averaged-activations/method.ts';
import { chainOf, transposed } from '../../estimators/slope-recursion/chain.ts';
import { recomputed } from './absolute-values.ts';

/** From the output to the input, where it was found from the input to the output: other products, the same number. */
export const averagedActivationsVerifier = recomputed(
  'averaged-activations',
  async ({ norm, region, prepared: { analysed, input, output }, nodes }, work) => {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const chain = norm === 'l2' && region.kind === 'all' ? chainOf({ analysed, input, output, rules }) : undefined;
    if (chain === undefined || averagedCost(chain) > mostAveragedCost) return undefined;
    return averagedBound(transposed(chain), new Pace(work, 'unlimited'));
  },
);
