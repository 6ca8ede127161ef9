import type { Network, Node } from '../network/network.ts';
import { readBy } from '../network/subgraph.ts';

/** Who reads each tensor. A graph output counts as a reader that cannot be changed. */
export interface Consumers {
  readonly of: (tensor: string) => readonly Node[];
  /** The single node that reads the tensor, when nobody else does. */
  readonly only: (tensor: string) => Node | undefined;
  /** Whether nobody but these nodes reads the tensor. */
  readonly inside: (tensor: string, nodes: ReadonlySet<Node>) => boolean;
}

export function consumersOf(network: Network): Consumers {
  const readers = new Map<string, Node[]>();
  for (const node of network.nodes)
    for (const name of new Set(readBy(node))) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  const outputs = new Set(network.outputs.map(({ name }) => name));
  const of = (tensor: string): readonly Node[] => readers.get(tensor) ?? [];
  return {
    of,
    inside: (tensor, nodes) => !outputs.has(tensor) && of(tensor).every((node) => nodes.has(node)),
    only: (tensor) => (of(tensor).length === 1 && !outputs.has(tensor) ? of(tensor)[0] : undefined),
  };
}
