import type { Node } from '../network/network.ts';
import { readBy } from '../network/subgraph.ts';
import type { GraphNode, NetworkGraph } from '../report/network-graph.ts';
import type { AnalysedNode } from './layers.ts';

interface Ends {
  readonly input: string;
  readonly output: string;
}

/**
 * The graph of the analysed network, in which composites are one node each (LayerNorm, attention), as the table of layers shows it.
 * A node that is no layer is left out when it has one origin: then it only re-arranges or rescales what passes.
 */
export function networkGraph(
  nodes: readonly AnalysedNode[],
  { input, output }: Ends,
  isLayer: (id: string) => boolean,
): NetworkGraph {
  const drawn: GraphNode[] = [{ id: input, op: 'Input', role: 'input' }];
  const edges: (readonly [number, number])[] = [];
  /** By tensor: where in `drawn` it comes from. */
  const origins = new Map([[input, 0]]);
  const place = (node: GraphNode, from: readonly number[]): number => {
    const index = drawn.push(node) - 1;
    for (const origin of from) edges.push([origin, index]);
    return index;
  };
  for (const { node, rule } of nodes) {
    const from = originsOf(node, origins);
    const layer = isLayer(node.id);
    const passes = !layer && from.length === 1 && rule.kind !== 'unbounded' && rule.kind !== 'unsupported';
    const role = layer ? 'layer' : 'junction';
    const index = passes ? from[0]! : place({ id: node.id, op: node.op, role }, from);
    for (const tensor of node.outputs) if (tensor !== '') origins.set(tensor, index);
  }
  const end = origins.get(output);
  if (end !== undefined) place({ id: output, op: 'Output', role: 'output' }, [end]);
  return leadingTo(drawn, edges);
}

const originsOf = (node: Node, origins: ReadonlyMap<string, number>): readonly number[] => [
  ...new Set([...readBy(node)].flatMap((tensor) => origins.get(tensor) ?? [])),
];

/** A layer whose output nobody asks about (another head of the network) stays; a junction with nothing behind it says nothing. */
function leadingTo(nodes: readonly GraphNode[], edges: NetworkGraph['edges']): NetworkGraph {
  const leads = nodes.map(({ role }) => role !== 'junction');
  const starts = new Set<number>();
  for (const [from, to] of edges.toReversed()) if (leads[to] === true || starts.has(to)) starts.add(from);
  const kept = nodes.flatMap((_, i) => (leads[i] === true || starts.has(i) ? [i] : []));
  const moved = new Map(kept.map((old, now) => [old, now]));
  return {
    nodes: kept.map((i) => nodes[i]!),
    edges: edges.flatMap(([from, to]) => {
      const [a, b] = [moved.get(from), moved.get(to)];
      return a === undefined || b === undefined ? [] : [[a, b] as const];
    }),
  };
}
