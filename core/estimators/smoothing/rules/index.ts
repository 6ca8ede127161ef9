import { equal } from './equal.ts';
import { optimal } from './optimal.ts';
import { paperAlgorithm2 } from './paper-algorithm2.ts';
import { paperHalving } from './paper-halving.ts';
import type { BudgetRule, SmoothingRuleName } from './rule.ts';

/** Every rule; a new one is a file and a line here. */
export const budgetRules: Readonly<Record<SmoothingRuleName, BudgetRule>> = {
  optimal,
  equal,
  'paper-halving': paperHalving,
  'paper-algorithm2': paperAlgorithm2,
};

export const smoothingRuleNames = Object.keys(budgetRules) as readonly SmoothingRuleName[];
