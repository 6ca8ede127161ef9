import type { Network, Node } from '../network/network.ts';

/** Who reads each tensor. A graph output counts as a reader that cannot be changed. */
export interface Consumers {
  readonly of: (tensor: string) => readonly Node[];
  /** The single node that reads the tensor, when nobody else does. */
  readonly only: (tensor: string) => Node | undefined;
}

export function consumersOf(network: Network): Consumers {
  const readers = new Map<string, Node[]>();
  for (const node of network.nodes)
    for (const name of new Set(node.inputs)) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  const outputs = new Set(network.outputs.map(({ name }) => name));
  const of = (tensor: string): readonly Node[] => readers.get(tensor) ?? [];
  return { of, only: (tensor) => (of(tensor).length === 1 && !outputs.has(tensor) ? of(tensor)[0] : undefined) };
}
