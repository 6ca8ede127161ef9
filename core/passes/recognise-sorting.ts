import type { Network, Node } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { Orders, sortingOf } from '../operators/order-statistics.ts';
import { consumersOf } from './consumers.ts';

export interface SortedNetwork {
  readonly network: Network;
  /** By id of the node that says so: the nodes that sort, which are shown as part of it. */
  readonly parts: ReadonlyMap<string, readonly string[]>;
}

const sorts = new Set(['Max', 'Min', 'ReduceMax', 'ReduceMin', 'TopK']);

/**
 * MaxMin and GroupSort (Anil et al., ICML 2019), however they are written out: halves or neighbours, by Max and Min, reductions or TopK. The small operators stay, for methods
 * that follow every element through them; behind the last one a node says what they are together, and the table shows that one in place of them.
 */
export function recogniseSorting(network: Network): SortedNetwork {
  const parts = new Map<string, readonly string[]>();
  if (!network.nodes.some(({ op }) => sorts.has(op))) return { network, parts };
  const orders = new Orders(network);
  const consumers = consumersOf(network);
  const types = new Map(network.types);
  /** Behind a node that sorts, and no base yet. */
  const behind = new Set<string>();
  const nodes = network.nodes.flatMap((node): readonly Node[] => {
    const [tensor, ...others] = node.outputs;
    if (tensor === undefined || !(sorts.has(node.op) || node.inputs.some((name) => behind.has(name)))) return [node];
    const order = orders.of(tensor);
    const type = network.types.get(tensor);
    if (order === undefined || type === undefined || order.base === tensor) return [node];
    const base = network.types.get(order.base)!;
    const sorting = sortingOf(order, elementCount(base.shape));
    const last = sorting?.kind === 'whole' && others.every((name) => consumers.of(name).length === 0);
    if (!last) {
      for (const name of node.outputs) behind.add(name);
      return [node];
    }
    orders.asBase(tensor);
    const before = `${tensor}/sorted`;
    types.set(before, type);
    const sorted: Node = {
      id: `${node.id} sorts`,
      op: sorting.groupSize === 2 ? 'MaxMin' : 'GroupSort',
      domain: '',
      inputs: [before],
      outputs: [tensor],
      attributes: new Map(),
      origin: node.origin,
    };
    // What others look at as well stays a layer of its own.
    const inside = (part: Node): boolean =>
      part === node || part.outputs.every((name) => consumers.inside(name, order.nodes));
    const own = network.nodes.filter((part) => order.nodes.has(part) && inside(part));
    parts.set(sorted.id, own.map(({ id }) => id)); // prettier-ignore
    return [{ ...node, outputs: [before, ...others] }, sorted];
  });
  return { network: { ...network, nodes, types }, parts };
}
