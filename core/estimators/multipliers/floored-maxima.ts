import type { Network, Node } from '../../network/network.ts';
import type { LightRule } from '../composition/product.ts';

/** Pairs of a ReLU and the max pooling beside it, in either order: together the largest of the window's elements and of 0. */
export interface FlooredMaxima {
  /** Nodes of max pooling. */
  readonly maxima: ReadonlySet<string>;
  /** The ReLUs, which do nothing more. */
  readonly floors: ReadonlySet<string>;
}

export const isMaxPooling = ({ op, domain }: Node): boolean =>
  domain === '' && (op === 'MaxPool' || op === 'GlobalMaxPool');

/** Only where nothing else looks at what lies between the two. */
export function flooredMaxima(network: Network, output: string, rules: ReadonlyMap<string, LightRule>): FlooredMaxima {
  const [maxima, floors] = [new Set<string>(), new Set<string>()];
  const readers = new Map<string, Node[]>();
  for (const node of network.nodes)
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
  const isFree = (node: Node): boolean => !maxima.has(node.id) && !floors.has(node.id);
  for (const node of network.nodes) {
    const name = node.outputs[0]!;
    const [reader, ...others] = readers.get(name) ?? [];
    if (reader === undefined || others.length > 0 || name === output || !isFree(node) || !isFree(reader)) continue;
    const [floor, maximum] = isMaxPooling(node) ? [reader, node] : [node, reader];
    if (!isMaxPooling(maximum) || rules.get(maximum.id)?.kind !== 'gain' || !isFloor(rules.get(floor.id))) continue;
    maxima.add(maximum.id);
    floors.add(floor.id);
  }
  return { maxima, floors };
}

/** An activation whose slopes are anything from 0 to 1: its changes are those of a ReLU as far as multipliers see. */
function isFloor(rule: LightRule | undefined): boolean {
  if (rule?.kind !== 'elementwise') return false;
  const { slopes } = rule;
  return slopes.kind === 'same'
    ? slopes.lower === 0 && slopes.upper === 1
    : slopes.lower.every((low) => low === 0) && slopes.upper.every((high) => high === 1);
}
