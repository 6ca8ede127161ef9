import { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { BoundMethod } from '../conductor/method.ts';
import { chainOf, mayBeChain } from './chain.ts';
import { slopeRecursion } from './forward.ts';

const name = 'slope-recursion';

/** For chains of affine layers and activations: a fraction of a second where the multipliers of all neurons take long to begin. */
export const layerwiseRecursion: BoundMethod = {
  name,
  activity: 'One multiplier for each layer',
  pace: 'quick',
  applies: mayBeChain,
  async *run(question, work) {
    const chain = chainOf(question);
    if (chain === undefined) return;
    const pace = new Pace(work);
    await using products = await DenseProducts.open(work.engine, pace);
    try {
      const found = await slopeRecursion(chain, products, pace);
      if (found === undefined) return;
      const certificate = { kind: 'slope-recursion', ratios: found.ratios } as const;
      yield { side: 'upper', rigor: 'certified', value: found.value, method: name, certificate };
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};
