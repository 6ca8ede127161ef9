import type { NodeFacts } from '../definition.ts';
import type { Draft } from './draft.ts';

/**
 * An operator that is made of others: its shape, rule, range and derivative are theirs. It is written out before anything is computed,
 * also for running, so that the network that is proved is the one that is run.
 */
export interface CompositeDefinition {
  readonly ops: readonly string[];
  /** Where its operators are at home; the standard domain when not said. */
  readonly domain?: string;
  /** What it becomes, for the documentation: names of operators. */
  readonly becomes: readonly string[];
  /** Names of the tensors that stand for its outputs ('' where one is not made), or in words why this use is not understood. */
  readonly write: (facts: NodeFacts, draft: Draft) => readonly string[] | string;
}
