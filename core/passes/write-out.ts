import type { Engine } from '../compute/engine.ts';
import type { Network } from '../network/network.ts';
import { expandComposites } from './expand-composites.ts';
import { foldConstants } from './fold-constants.ts';
import { inlineControlFlow } from './inline-control-flow.ts';

/**
 * The network in plain operators: what does not depend on the input is computed, branches that are decided and loops of known length
 * become nodes, operators that are made of others are written out. Each can make another possible, so it goes round until nothing changes.
 */
export async function writeOut(network: Network, engine: Engine): Promise<Network> {
  let current = await foldConstants(network, engine);
  for (;;) {
    const plain = expandComposites(inlineControlFlow(current));
    if (plain === current) return current;
    current = await foldConstants(plain, engine);
  }
}
