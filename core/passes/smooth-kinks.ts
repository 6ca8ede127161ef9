import type { Network, Node } from '../network/network.ts';
import { identity } from '../network/subgraph.ts';
import { Draft } from '../operators/composites/draft.ts';
import type { NodeFacts } from '../operators/definition.ts';
import type { Smoothing } from '../operators/smoothings/smoothing.ts';

/** A layer with kinks and how wide they are to become. */
export interface SmoothedKink {
  /** Of the network that was looked at: its shapes are known. */
  readonly facts: NodeFacts;
  readonly smoothing: Smoothing;
  readonly width: number;
}

/** Operators are written as of this operator set (Clip and Pad take their limits as inputs). */
export const oldestSmoothOpset = 11;

/**
 * The network with every layer smoothed. The layers stay, under their names; what makes them smooth follows, and the tensor that left the layer now leaves that.
 */
export function smoothKinks(network: Network, kinks: readonly SmoothedKink[]): Network {
  const byId = new Map(kinks.map((kink) => [kink.facts.node.id, kink]));
  const constants = new Map(network.constants);
  const types = new Map(network.types);
  const nodes = network.nodes.flatMap((node): readonly Node[] => {
    const kink = byId.get(node.id);
    if (kink === undefined) return [node];
    const output = node.outputs[0]!;
    const own = `${output}/with kinks`;
    const type = network.types.get(output);
    if (type !== undefined) types.set(own, type);
    const draft = new Draft({ ...kink.facts, opset: network.opset });
    const result = kink.smoothing.write(draft, own, kink.width);
    for (const [name, tensor] of draft.constants) constants.set(name, tensor);
    return [
      { ...node, outputs: [own, ...node.outputs.slice(1)] },
      ...draft.nodes,
      { ...identity(`${node.id}/smooth`, result, output), origin: node.origin },
    ];
  });
  return { ...network, nodes, constants, types };
}

/** Whether the nodes and tensors that smoothing writes about are all in this network, in types it can write. */
export function canSmooth(network: Network, kinks: readonly SmoothedKink[]): boolean {
  if (network.opset < oldestSmoothOpset) return false;
  const halves = [...network.constants.values(), ...network.inputs].some(
    ({ type }) => type === 'float16' || type === 'bfloat16',
  );
  const tensors = new Set([
    ...network.inputs.map(({ name }) => name),
    ...network.constants.keys(),
    ...network.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const ids = new Map(network.nodes.map((node) => [node.id, node]));
  return (
    !halves &&
    kinks.every(
      ({ facts: { node } }) =>
        ids.get(node.id)?.outputs[0] === node.outputs[0] &&
        node.inputs.every((name) => name === '' || tensors.has(name)),
    )
  );
}
