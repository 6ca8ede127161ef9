import type { ELK, ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs';
import elkModule from 'elkjs/lib/elk.bundled.js';
import type { GraphBox, GraphDirection, GraphLayout, GraphShape } from '../report/graph-layout.ts';
import { foldChains, stepGap } from './chains.ts';

/** A CommonJS module that is the class; its types say so to bundlers, and to Node that the class is its property. */
const Elk = elkModule as unknown as new () => ELK;

const directions: Readonly<Record<GraphDirection, LayoutOptions>> = {
  down: { 'elk.direction': 'DOWN' },
  right: { 'elk.direction': 'RIGHT' },
  rows: {
    'elk.direction': 'RIGHT',
    'elk.aspectRatio': '1.5',
    'elk.layered.wrapping.strategy': 'MULTI_EDGE',
    'elk.layered.wrapping.additionalEdgeSpacing': '20',
  },
};

/** Beyond so many boxes, and where lines are broken into rows, the prettier placement takes seconds; the simple one is straight for chains, too. */
const largeGraph = 1200;

const optionsFor = ({ boxes, direction }: GraphShape): LayoutOptions => ({
  'elk.algorithm': 'layered',
  ...directions[direction],
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.nodePlacement.strategy':
    boxes.length > largeGraph || direction === 'rows' ? 'BRANDES_KOEPF' : 'NETWORK_SIMPLEX',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.layered.thoroughness': boxes.length > largeGraph ? '2' : '7',
  'elk.layered.spacing.nodeNodeBetweenLayers': `${stepGap}`,
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
  'elk.separateConnectedComponents': 'false',
});

/** Layered layout (Sugiyama) by the Eclipse Layout Kernel. It computes without pause: to be called in a thread of its own. */
export async function layOutHere(shape: GraphShape): Promise<GraphLayout> {
  const { folded, unfold } = foldChains(shape);
  return unfold(await layOutBoxes(folded));
}

async function layOutBoxes(shape: GraphShape): Promise<GraphLayout> {
  const laid: ElkNode = await new Elk().layout<ElkNode>({
    id: 'network',
    layoutOptions: optionsFor(shape),
    children: shape.boxes.map((box, i) => ({ id: `${i}`, ...box })),
    edges: shape.edges.map(([from, to], i) => ({ id: `e${i}`, sources: [`${from}`], targets: [`${to}`] })),
  });
  const children = new Map(laid.children?.map((child) => [child.id, child]));
  const lines = new Map(laid.edges?.map((edge) => [edge.id, edge]));
  return {
    direction: shape.direction,
    width: laid.width ?? 0,
    height: laid.height ?? 0,
    boxes: shape.boxes.map(({ width, height }, i): GraphBox => {
      const { x = 0, y = 0 } = children.get(`${i}`) ?? {};
      return { x, y, width, height };
    }),
    edges: shape.edges.map(([from, to], i) => ({ from, to, points: cornersOf(lines.get(`e${i}`)) })),
  };
}

const cornersOf = (edge: ElkExtendedEdge | undefined): readonly number[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints, endPoint }) =>
    [startPoint, ...(bendPoints ?? []), endPoint].flatMap(({ x, y }) => [x, y]),
  );
