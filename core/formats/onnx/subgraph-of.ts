import type { Subgraph } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import { constantOf } from './constant-node.ts';
import { elementTypeOf } from './element-types.ts';
import type { WrittenGraph } from './graph.ts';
import { withIds } from './ids.ts';
import { inTopologicalOrder } from './order.ts';

/** A graph inside a node, as far as it can be checked without the graph around it. */
export function subgraphOf(
  graph: Pick<WrittenGraph, 'nodes' | 'initializers' | 'inputs' | 'outputs'>,
  fileName: string,
): Subgraph {
  const constants = new Map<string, Tensor>(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const nodes = graph.nodes.filter((node) => {
    const constant = constantOf(node, fileName);
    if (constant) constants.set(constant.name, constant);
    return constant === undefined;
  });
  return {
    nodes: inTopologicalOrder(withIds(nodes), fileName),
    inputs: graph.inputs
      .filter(({ name }) => !constants.has(name))
      .map(({ name, elementType, shape }) => ({ name, type: elementTypeOf(elementType), shape })),
    outputs: graph.outputs.map(({ name }) => name),
    constants,
  };
}
