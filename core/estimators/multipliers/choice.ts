import type { Chosen } from './elimination.ts';

/**
 * What a unit's multipliers are made of: 1/lam = (1 + e^margin) q e^shape with q the largest eigenvalue of the sum of e^-shape (what the law allows)
 * against F, so that whatever the numbers are the sweep stays feasible.
 */
export interface Parameters {
  readonly shape: Float64Array;
  margin: number;
  theta: number;
}

/** How a unit's multipliers came about. */
export interface Choice extends Chosen {
  readonly q: number;
  /** Of every group: its share of q. */
  readonly shares: Float64Array;
  /** What q is attained by, p'F p = 1: a vector over the blocks that were live. */
  readonly attained: Float64Array;
  /** To begin the next search for q with. */
  readonly vector: Float64Array;
}
