import type { Node } from '../../network/network.ts';
import type { WrittenNode } from './graph.ts';

/** Names of nodes need not be unique in ONNX and may be empty; ids must be neither. */
export function withIds(nodes: readonly WrittenNode[]): readonly Node[] {
  const taken = new Set(nodes.map((node) => node.name));
  const given = new Set<string>();
  const repeats = new Map<string, number>();
  return nodes.map(({ name, ...node }, index) => {
    const wanted = name || `${node.op}_${node.outputs[0] || index}`;
    let id = wanted;
    let count = repeats.get(wanted) ?? 1;
    while (given.has(id) || (id !== name && taken.has(id))) id = `${wanted}_${++count}`;
    repeats.set(wanted, count);
    given.add(id);
    return { id, ...node };
  });
}
