import { accuracyFor, type BudgetRule } from './rule.ts';

/** Roulet and Harchaoui, Algorithm 2: an n-th of the accuracy for each of the n kinks, over the constant of what follows. */
export const paperAlgorithm2: BudgetRule = {
  name: 'paper-algorithm2',
  words: 'Algorithm 2 of Roulet and Harchaoui: the same part for each of the layers with kinks',
  constants: 'radii',
  split: (layers, epsilon) => layers.map(({ downstream }) => accuracyFor(epsilon / layers.length, downstream, epsilon)),
};
