import type { Bound, Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import type { Region } from '../../region.ts';
import type { LightRule, NodeConstant } from '../composition/product.ts';
import type { Standing } from './prospect.ts';

/** The question that every method of bounding a network's constant gets. */
export interface BoundQuestion {
  /** The file's own arithmetic: what witnesses are proved on. */
  readonly runnable: Network;
  /** The same function with layers folded and recognised: what upper ends are derived from. */
  readonly analysed: Network;
  readonly input: string;
  readonly output: string;
  readonly norm: Norm;
  readonly region: Region;
  /**
   * Rules of the nodes of `analysed` that depend on the input, by id, with the slopes that the region allows. Affine ones are without
   * their weights (`ruleOf` makes those anew): they may be larger than memory all together.
   */
  readonly rules: ReadonlyMap<string, LightRule>;
  /** Certified norm of a node of `analysed` as known by now, infinite where there is none. It improves while the inspection runs. */
  readonly constantOf: NodeConstant;
}

/** What a method that proves only some of what it finds tells those who give out the turns. */
export interface Turns {
  /** Its own time so far: others have their turns in between. */
  readonly seconds: () => number;
  /** What all have found together. */
  readonly standing: () => Standing;
  /**
   * It could prove this bound in so many seconds, and will do so before the budget ends: gains are counted from now on, and at last all turns are
   * its own. Nothing is reported.
   */
  expect(side: Bound['side'], value: number, seconds: number): void;
}

/** The budget is shared, except where a method runs alone. */
export interface SharedWork extends Work {
  readonly turns?: Turns;
}

/**
 * One way to bound the constant of a network: its own folder under `estimators`, and a line in `methods.ts`. Upper ends that call
 * themselves certified carry a certificate, for which `inspection/certificates` has a verifier.
 */
export interface BoundMethod {
  /** As it stands in the list of bounds; `report/methods.ts` has its description and citation. */
  readonly name: string;
  /** What is being done, for the progress bar. */
  readonly activity: string;
  /** quick: over in moments, runs before the others. patient: better and better, in slices of time. */
  readonly pace: 'quick' | 'patient';
  /** Whether its conditions hold. Looks at the rules, not at the weights: it is asked before any method has run. */
  applies(question: BoundQuestion): boolean;
  /**
   * Better and better bounds. Every `work.breathe()` is where the turn may pass to another method, so it is called at least every 50 ms,
   * also while nothing is found. After the budget is spent there is one more short turn, to finish a proof.
   */
  run(question: BoundQuestion, work: SharedWork): AsyncGenerator<Bound>;
}

/** Whether no node's constant is unbounded or unknown. */
export const hasFiniteRules = ({ rules }: Pick<BoundQuestion, 'rules'>): boolean =>
  [...rules.values()].every(({ kind }) => kind !== 'unbounded' && kind !== 'unsupported');
