import type { Engine } from '../compute/engine.ts';
import type { Network } from '../network/network.ts';
import { betweenEnds } from './between-ends.ts';
import { bindInputs, type Ends } from './bind-inputs.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { foldConstants } from './fold-constants.ts';
import { measureTypes } from './measure-types.ts';
import { recogniseGelu } from './recognise-gelu.ts';
import { recogniseLayerNorm } from './recognise-layer-norm.ts';

/** A network made ready for one question. */
export interface PreparedNetwork {
  /** As the file computes it, with all sizes concrete: what is run, and what witnesses are proved on. */
  readonly runnable: Network;
  /** The same function with BatchNorm folded and written-out layers recognised: what rules and norms look at. */
  readonly analysed: Network;
  /** By id of a node of `analysed`: the nodes that were folded into it. */
  readonly folded: ReadonlyMap<string, readonly string[]>;
  readonly input: string;
  readonly output: string;
  readonly notes: readonly string[];
}

export async function prepare(network: Network, ends: Ends, engine: Engine): Promise<PreparedNetwork> {
  const bound = bindInputs(network, ends);
  const whole = await measureTypes(await foldConstants(bound.network, engine), network.types, engine);
  const { network: runnable, input, output } = betweenEnds({ ...bound, network: whole }, ends);
  const { network: analysed, folded } = foldBatchNorm(recogniseLayerNorm(recogniseGelu(runnable)));
  return { runnable, analysed, folded, input, output, notes: bound.notes };
}
