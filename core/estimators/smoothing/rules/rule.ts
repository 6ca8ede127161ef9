/** A layer with kinks, as far as a rule has to know it. */
export interface BudgetLayer {
  /** By how much a change of its output can change the network's output. */
  readonly downstream: number;
  /** Its part of the smoothness constant is downstream * bend / mu. */
  readonly bend: number;
  /** What the user gives it beside the others: 1 for all unless asked otherwise. */
  readonly weight: number;
  /** How many compositions lie behind it, itself included: the last kink of a network that ends in a linear layer has 2. */
  readonly compositions: number;
}

/** How an accuracy for the whole network becomes one for each layer. */
export interface BudgetRule {
  readonly name: SmoothingRuleName;
  /** In one line, for the table and the panel. */
  readonly words: string;
  /** Which constants it looks at: those of the weights in the file, or of all weights within the radii. */
  readonly constants: 'weights' | 'radii';
  /** Accuracies of the layers, so that the sum of accuracy times downstream constant is at most epsilon. */
  readonly split: (layers: readonly BudgetLayer[], epsilon: number) => readonly number[];
}

export type SmoothingRuleName = 'optimal' | 'equal' | 'paper-halving' | 'paper-algorithm2';

/** So much of the output's deviation for each layer, by shares that need not add up to 1. */
export function byShares(
  layers: readonly BudgetLayer[],
  shares: readonly number[],
  epsilon: number,
): readonly number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return layers.map(({ downstream }, t) => accuracyFor((epsilon * shares[t]!) / total, downstream, epsilon));
}

/** A layer that the output does not depend on may move as it likes. */
export const accuracyFor = (deviation: number, downstream: number, epsilon: number): number =>
  downstream === 0 ? epsilon : deviation / downstream;
