import type { Part } from './parts.ts';

/** A part with what is known of it, and the two halves where it was halved. */
export interface Branch<P = Part> {
  part: P;
  /** Of the part on its own. */
  own: number;
  /** Of the part, by itself or by one that it is half of. */
  upper: number;
  /** What was split on, or is to be: a coordinate of the input, or a unit. */
  coordinate: number;
  halves?: readonly [Branch<P>, Branch<P>];
}

/** Leaves of a tree of halvings, in the order in which they are visited. */
export const leaf = -1;

/**
 * The halvings that prove a claim, from the root on, depth first: the coordinate that is halved, or -1 for a part whose own bound is not above the claim. As small as
 * it can be: what was halved for a better claim is a leaf here.
 */
export function halvingsFor<P>(root: Branch<P>, claim: number): number[] {
  const halvings: number[] = [];
  const open = [root];
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    if (branch.own <= claim || branch.halves === undefined) halvings.push(leaf);
    else {
      halvings.push(branch.coordinate);
      open.push(branch.halves[1], branch.halves[0]);
    }
  }
  return halvings;
}
