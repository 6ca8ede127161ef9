import type { Engine } from '../compute/engine.ts';
import type { Network } from '../network/network.ts';
import { betweenEnds } from './between-ends.ts';
import { bindInputs, type Ends } from './bind-inputs.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { measureTypes } from './measure-types.ts';
import { recogniseLayers } from './recognise-layers.ts';
import { widenHalves } from './widen-halves.ts';
import { writeOut } from './write-out.ts';

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
  const { network: wide, types } = widenHalves(network);
  const bound = bindInputs(wide, ends);
  const whole = await measureTypes(await writeOut(bound.network, engine), wide.types, engine);
  const { network: runnable, input, output } = betweenEnds({ ...bound, network: whole }, ends);
  const { network: analysed, folded } = foldBatchNorm(recogniseLayers(runnable));
  return { runnable, analysed, folded, input, output, notes: [...bound.notes, ...types.map(computedWide)] };
}

const computedWide = (type: string): string =>
  `The model computes in ${type}. It is run and analysed as the same function in float32: its numbers are exact there, its roundings on the way are not part of the function.`;
