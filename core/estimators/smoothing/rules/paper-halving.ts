import { accuracyFor, type BudgetRule } from './rule.ts';

/**
 * The rule of the slides (Roulet and Harchaoui, "Smoothing Compositions"): f after g gets half of the accuracy for f and half of it over the constant of f for g, from the output on. It gives the table
 * that the paper prints.
 */
export const paperHalving: BudgetRule = {
  name: 'paper-halving',
  words: 'the slides of Roulet and Harchaoui: half for a layer, half for what lies before it',
  constants: 'radii',
  split: (layers, epsilon) =>
    layers.map(({ downstream, compositions }) => accuracyFor(epsilon * 2 ** -compositions, downstream, epsilon)),
};
