import type { Work } from '../compute/work.ts';
import type { Enclosures } from '../estimators/ranges/enclose-network.ts';
import { relaxedRanges } from '../estimators/relaxation/relaxed-ranges.ts';
import type { Network } from '../network/network.ts';
import type { Region } from '../region.ts';
import { withRanges, type AnalysedNode } from './layers.ts';

/**
 * Nodes with the rules that hold on a region, once linear relaxations have narrowed the intervals. undefined where nothing is to be narrowed, the network is too large for it, or the
 * time is over; given time, always the same, so that who verifies finds the same.
 */
export async function tightened(
  network: Network,
  input: string,
  region: Region,
  nodes: readonly AnalysedNode[],
  intervals: Enclosures,
  work: Work,
): Promise<readonly AnalysedNode[] | undefined> {
  const boxes = await relaxedRanges(network, input, region, nodes, intervals, work);
  return boxes && withRanges(network, nodes, boxes);
}
