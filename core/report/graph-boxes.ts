import type { GraphDirection, GraphShape } from './graph-layout.ts';
import type { LayerEntry } from './inspection.ts';
import type { GraphNode, NetworkGraph } from './network-graph.ts';
import { textWidth } from './picture/svg.ts';

/** Letters of a box's first and second line, in pixels at full size. */
export const boxFont = { name: 12, numbers: 10.5 } as const;

const layerBox = { height: 40, least: 124, most: 190 };
const endBox = { height: 26, least: 56, most: 190 };
const junctionSize = 26;

/** What is written in the box of an end of the network or of a place where tensors meet. */
export const shortOp: Readonly<Record<string, string>> = { Add: '+', Sum: '+', Sub: '−', Mul: '×', Div: '÷' };

export const nodeName = (node: GraphNode, layer: LayerEntry | undefined): string =>
  layer?.name ?? (node.role === 'junction' ? (shortOp[node.op] ?? node.op) : node.id);

/** The layers of an inspection by id; a graph has many nodes to look up. */
export const layersById = (layers: readonly LayerEntry[]): ReadonlyMap<string, LayerEntry> =>
  new Map(layers.map((layer) => [layer.id, layer]));

export const layerOf = (node: GraphNode, layers: ReadonlyMap<string, LayerEntry>): LayerEntry | undefined =>
  node.role === 'layer' ? layers.get(node.id) : undefined;

/** The boxes depend on names alone, so nothing moves while numbers stream in. */
export function graphShape(
  { nodes, edges }: NetworkGraph,
  layers: readonly LayerEntry[],
  direction: GraphDirection,
): GraphShape {
  const byId = layersById(layers);
  return {
    direction,
    edges,
    boxes: nodes.map((node) => {
      const name = nodeName(node, layerOf(node, byId));
      const wide = textWidth(name, boxFont.name) + 20;
      if (node.role === 'junction' && name.length === 1) return { width: junctionSize, height: junctionSize };
      const { height, least, most } = node.role === 'layer' ? layerBox : endBox;
      return { width: Math.round(Math.min(most, Math.max(least, wide))), height };
    }),
  };
}
