import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { BoundMethod } from '../conductor/method.ts';
import { chainOf, mayBeChain } from '../slope-recursion/chain.ts';
import { averagedBound, averagedCost } from './expansion.ts';

const name = 'combettes-pesquet';

/** Some seconds on a slow core; the multipliers say more than this bound does where both are possible. */
export const mostAveragedCost = 5e8;

/** For chains: how much all activations together can add to what is linear. */
export const averagedActivations: BoundMethod = {
  name,
  activity: 'Expanding averaged activations',
  pace: 'patient',
  applies: mayBeChain,
  async *run(question, work) {
    const chain = chainOf(question);
    if (chain === undefined || averagedCost(chain) > mostAveragedCost) return;
    try {
      const value = await averagedBound(chain, new Pace(work));
      if (!Number.isFinite(value)) return;
      yield { side: 'upper', rigor: 'certified', value, method: name, certificate: { kind: 'averaged-activations' } };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};
