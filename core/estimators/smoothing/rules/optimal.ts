import { byShares, type BudgetRule } from './rule.ts';

/** Where bending costs nothing, a share that is not nothing. */
const leastShare = 1e-9;

/**
 * The split with the smallest smoothness constant: with e_t = c_t mu_t the constant is sum c_t^2 b_t / e_t, smallest for sum e_t = epsilon at e_t proportional to c_t sqrt(b_t) (Cauchy and Schwarz), where it
 * is (sum c_t sqrt(b_t))^2 / epsilon.
 */
export const optimal: BudgetRule = {
  name: 'optimal',
  words: 'the split with the smallest smoothness constant',
  constants: 'weights',
  split(layers, epsilon) {
    const costs = layers.map(({ downstream, bend }) => downstream * Math.sqrt(bend));
    const largest = costs.reduce((most, cost) => Math.max(most, cost), 0);
    const shares = layers.map(({ weight }, t) =>
      largest === 0 ? weight : weight * Math.max(costs[t]!, leastShare * largest),
    );
    return byShares(layers, shares, epsilon);
  },
};
