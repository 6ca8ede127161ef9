import type { OperatorDefinition } from './definition.ts';
import { rearrangement } from './rearrangement.ts';

/**
 * Where elements have been sorted within groups, in pairs (MaxMin) or more (GroupSort): it stands behind the small operators that do it, in the network that is analysed alone, and
 * leaves what comes out of them as it is. What the sorting does to distances is known of all of them together (order-statistics.ts).
 */
export const groupSort: OperatorDefinition = {
  ...rearrangement(['MaxMin', 'GroupSort'], (_, data) => data.shape),
  kind: () => 'activation',
};
