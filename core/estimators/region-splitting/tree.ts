import type { Part } from './parts.ts';

/** A part with what is known of it, and the two halves where it was halved. */
export interface Branch {
  readonly part: Part;
  /** Of the part on its own. */
  readonly own: number;
  /** Of the part, by itself or by one that it is half of. */
  readonly upper: number;
  /** The coordinate that was halved, or is to be. */
  readonly coordinate: number;
  halves?: readonly [Branch, Branch];
}

/** Leaves of a tree of halvings, in the order in which they are visited. */
export const leaf = -1;

/**
 * The halvings that prove a claim, from the root on, depth first: the coordinate that is halved, or -1 for a part whose own bound is not above the claim. As small as
 * it can be: what was halved for a better claim is a leaf here.
 */
export function halvingsFor(root: Branch, claim: number): number[] {
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
