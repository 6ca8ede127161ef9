import { byShares, type BudgetRule } from './rule.ts';

/** Every layer may move the output by the same amount. */
export const equal: BudgetRule = {
  name: 'equal',
  words: 'every layer may move the output by the same amount',
  constants: 'weights',
  split: (layers, epsilon) => byShares(layers, layers.map(({ weight }) => weight), epsilon), // prettier-ignore
};
