import type { GraphBox, GraphLayout, GraphPath, GraphShape } from '../report/graph-layout.ts';

/** Between two boxes that follow each other, in pixels. */
export const stepGap = 26;

/** So many boxes of a chain stay together where lines of them are to be broken into rows. */
const mostInRows = 3;

export interface FoldedChains {
  /** Each chain as one box. */
  readonly folded: GraphShape;
  /** The layout of all boxes, from that of `folded`. */
  readonly unfold: (layout: GraphLayout) => GraphLayout;
}

/**
 * Boxes that only follow each other, with nothing coming in or going out between, stand in a line in any good layout. Taken as one long
 * box each, they leave the layout less than a third of a residual network's boxes, and a shortcut past five of them passes one: the
 * cost of layers and of long edges is what a layered layout consists of.
 */
export function foldChains(shape: GraphShape): FoldedChains {
  const chains = chainsOf(shape);
  const chainAt = new Map(chains.flatMap((chain, index) => chain.map((node) => [node, index] as const)));
  const across = shape.direction === 'down' ? 'width' : 'height';
  const along = across === 'width' ? 'height' : 'width';
  const inside = ([from, to]: GraphShape['edges'][number]): boolean => chainAt.get(from) === chainAt.get(to);
  const outer = shape.edges.filter((edge) => !inside(edge));
  const folded: GraphShape = {
    direction: shape.direction,
    boxes: chains.map((chain) => {
      const boxes = chain.map((node) => shape.boxes[node]!);
      const length = boxes.reduce((sum, box) => sum + box[along], (boxes.length - 1) * stepGap);
      const breadth = Math.max(...boxes.map((box) => box[across]));
      return along === 'height' ? { width: breadth, height: length } : { width: length, height: breadth };
    }),
    edges: outer.map(([from, to]) => [chainAt.get(from)!, chainAt.get(to)!]),
  };
  const unfold = (layout: GraphLayout): GraphLayout => {
    const boxes: GraphBox[] = [];
    chains.forEach((chain, index) => {
      const place = layout.boxes[index]!;
      let at = along === 'height' ? place.y : place.x;
      for (const node of chain) {
        const { width, height } = shape.boxes[node]!;
        boxes[node] =
          along === 'height'
            ? { x: place.x + (place.width - width) / 2, y: at, width, height }
            : { x: at, y: place.y + (place.height - height) / 2, width, height };
        at += shape.boxes[node]![along] + stepGap;
      }
    });
    const outside = layout.edges[Symbol.iterator]();
    const edges = shape.edges.map((edge): GraphPath => {
      const [from, to] = edge;
      if (inside(edge)) return { from, to, points: straight(boxes[from]!, boxes[to]!, along) };
      return { ...(outside.next().value as GraphPath), from, to };
    });
    return { ...layout, boxes, edges };
  };
  return { folded, unfold };
}

/** Every node is in exactly one chain; most chains of a network that branches everywhere are one node. */
function chainsOf({ boxes, edges, direction }: GraphShape): readonly (readonly number[])[] {
  const incoming = boxes.map(() => 0);
  const outgoing = boxes.map(() => 0);
  for (const [from, to] of edges) {
    outgoing[from]! += 1;
    incoming[to]! += 1;
  }
  // One line in and one out at most, also at the ends of a chain: then each leaves a box at its middle, however wide the chain is.
  const plain = (node: number): boolean => incoming[node]! <= 1 && outgoing[node]! <= 1;
  const next = new Map(edges.filter(([from, to]) => plain(from) && plain(to)));
  const followed = new Set(next.values());
  const most = direction === 'rows' ? mostInRows : boxes.length;
  return boxes.flatMap((_, node) => (followed.has(node) ? [] : inPieces(chainFrom(node, next), most)));
}

function chainFrom(first: number, next: ReadonlyMap<number, number>): readonly number[] {
  const chain = [first];
  for (let node = next.get(first); node !== undefined; node = next.get(node)) chain.push(node);
  return chain;
}

const inPieces = (chain: readonly number[], most: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(chain.length / most) }, (_, piece) => chain.slice(piece * most, (piece + 1) * most));

const straight = (from: GraphBox, to: GraphBox, along: 'width' | 'height'): readonly number[] =>
  along === 'height'
    ? [from.x + from.width / 2, from.y + from.height, to.x + to.width / 2, to.y]
    : [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2];
