import type { Engine } from '../compute/engine.ts';
import type { Network } from '../network/network.ts';
import { asIfUnquantised } from './as-if-unquantised.ts';
import { betweenEnds } from './between-ends.ts';
import { bindInputs, type Ends } from './bind-inputs.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { measureTypes } from './measure-types.ts';
import { mergePadding } from './merge-padding.ts';
import { recogniseLayers } from './recognise-layers.ts';
import { recogniseSorting } from './recognise-sorting.ts';
import { widenHalves } from './widen-halves.ts';
import { writeOut } from './write-out.ts';
import { byTensors } from './tensor-of-node.ts';

/** A network made ready for one question. */
export interface PreparedNetwork {
  /** As the file computes it, with all sizes concrete: what is run, and what witnesses are proved on. */
  readonly runnable: Network;
  /** The same function with BatchNorm folded and written-out layers recognised: what rules and norms look at. */
  readonly analysed: Network;
  /** By id of a node of `analysed`: the nodes that are shown as part of it, BatchNorm folded into a layer, padding, or what sorts. */
  readonly folded: ReadonlyMap<string, readonly string[]>;
  readonly input: string;
  readonly output: string;
  readonly notes: readonly string[];
}

export interface Preparation extends Ends {
  /** 'left out': the network as it would be in real numbers, without the rounding of its quantised tensors. As in the file otherwise. */
  readonly quantisation?: 'left out';
}

/** What is shown as part of each node, whatever pass says so. */
function shown(...all: readonly ReadonlyMap<string, readonly string[]>[]): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, readonly string[]>();
  for (const [id, own] of all.flatMap((map) => [...map])) parts.set(id, [...(parts.get(id) ?? []), ...own]);
  return parts;
}

export async function prepare(network: Network, asked: Preparation, engine: Engine): Promise<PreparedNetwork> {
  const { network: wide, types } = widenHalves(network);
  const ends = byTensors(wide, asked);
  const bound = bindInputs(wide, ends);
  const whole = await measureTypes(await writeOut(bound.network, engine), wide.types, engine);
  const smooth = ends.quantisation === 'left out' ? await unquantised(whole, engine) : { network: whole, notes: [] };
  const { network: runnable, input, output } = betweenEnds({ ...bound, network: smooth.network }, ends);
  const { network: recognised, parts } = recogniseSorting(recogniseLayers(runnable));
  const { network: withoutBatchNorm, folded } = foldBatchNorm(recognised);
  const { network: analysed, merged } = mergePadding(withoutBatchNorm);
  return {
    runnable,
    analysed,
    folded: shown(folded, merged, parts),
    input,
    output,
    notes: [...bound.notes, ...types.map(computedWide), ...smooth.notes],
  };
}

const computedWide = (type: string): string =>
  `The model computes in ${type}. It is run and analysed as the same function in float32: its numbers are exact there, its roundings on the way are not part of the function.`;

async function unquantised(
  whole: Network,
  engine: Engine,
): Promise<{ readonly network: Network; readonly notes: readonly string[] }> {
  const { network, smoothed, kept } = asIfUnquantised(whole);
  if (smoothed === 0 && kept.length === 0)
    return { network, notes: ['As if unquantised: nothing that depends on the input is quantised in this model.'] };
  const nodes = smoothed === 1 ? '1 node that quantises' : `${smoothed} nodes that quantise`;
  const still =
    kept.length === 0
      ? ''
      : ` It stays where quantised numbers are used in another way than as what they stand for: ${kept.slice(0, 5).join(', ')}.`;
  const note = `As if unquantised: the rounding of ${nodes} is left out, the limits of what they can hold are kept. All numbers are about this network, not about the one in the file, which is not Lipschitz.${still}`;
  return { network: smoothed === 0 ? network : await writeOut(network, engine), notes: [note] };
}
