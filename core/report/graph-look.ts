import { digits, percent } from './digits.ts';
import { layerOf, layersById, nodeName } from './graph-boxes.ts';
import type { Inspection, LayerEntry } from './inspection.ts';
import { layerScale, type TableCell } from './layer-table.ts';
import type { GraphNode, NetworkGraph } from './network-graph.ts';
import { position } from './picture/scale.ts';
import { evidenceWord, intervalMark, intervalNumbers, intervalText, normWord, ofLayer } from './words.ts';

/** What the colour of a box stands for. `bounds`: where a finite bound ends. */
export const graphColours = ['norm', 'share', 'bounds'] as const;
export type GraphColour = (typeof graphColours)[number];

/**
 * `unbounded` and `unsupported` name the culprits; `behind` one of them no bound from the input is known any more; `pending`: the
 * layer's norm is still being computed.
 */
export type NodeState = 'bounded' | 'pending' | 'unbounded' | 'unsupported' | 'behind';

/** What a box shows, whatever it is drawn with. */
export interface NodeLook {
  readonly role: GraphNode['role'];
  readonly name: string;
  /** The layer's interval, or its share where that is the colour; '' where there is none. */
  readonly numbers: string;
  readonly state: NodeState;
  /** On the data scale from 0 to 1; undefined for boxes that have no colour. */
  readonly place: number | undefined;
  /** A layer that makes changes smaller, where the colour is the share. */
  readonly shrinks: boolean;
  /** No bound from the input is known here, and that is what the colour is about. */
  readonly isLost: boolean;
  /** The box in a sentence, for tooltips and screen readers. */
  readonly words: string;
}

export function nodeLooks(inspection: Inspection, graph: NetworkGraph, colour: GraphColour): readonly NodeLook[] {
  const layers = layersById(inspection.layers);
  const states = nodeStates(inspection, graph, layers);
  const place = placeOf(inspection, colour);
  return graph.nodes.map((node, i) => {
    const layer = layerOf(node, layers);
    const state = states[i]!;
    return {
      role: node.role,
      name: nodeName(node, layer),
      numbers: colour === 'share' ? shareOf(layer) : numbersOf(layer, inspection),
      state,
      place: layer === undefined ? undefined : place(layer),
      isLost: colour === 'bounds' && state === 'behind',
      shrinks: colour === 'share' && (layer?.share ?? 0) < 0,
      words: nodeWords(node, layer, inspection, state),
    };
  });
}

const shareOf = (layer: LayerEntry | undefined): string =>
  layer === undefined || layer.share === null ? '' : percent(layer.share);

function numbersOf(layer: LayerEntry | undefined, { norm }: Inspection): string {
  const known = layer?.norms[norm];
  if (known === undefined) return '';
  return known.upper === null ? 'unbounded' : `${intervalNumbers(ofLayer(known))} ${intervalMark(ofLayer(known))}`;
}

function placeOf(inspection: Inspection, colour: GraphColour): (layer: LayerEntry) => number | undefined {
  if (colour === 'bounds') return () => undefined;
  if (colour === 'share') {
    const largest = inspection.layers.reduce((most, { share }) => Math.max(most, Math.abs(share ?? 0)), 0);
    return ({ share }) => (share === null || largest === 0 ? undefined : Math.abs(share) / largest);
  }
  const scale = layerScale(inspection);
  return ({ norms }) => {
    const upper = norms[inspection.norm]?.upper;
    return upper === undefined || upper === null ? undefined : position(scale, upper);
  };
}

/** Every edge goes forward, so one pass tells how far what is unbounded reaches. */
export function nodeStates(
  { lipschitz, norm, unsupported }: Inspection,
  { nodes, edges }: NetworkGraph,
  layers: ReadonlyMap<string, LayerEntry>,
): readonly NodeState[] {
  const upper = lipschitz[norm]?.upper;
  const blamed = upper?.value === null && 'unbounded' in upper ? upper.unbounded.node : undefined;
  const unknown = new Set(unsupported.map(({ node }) => node));
  const before = nodes.map((): number[] => []);
  for (const [from, to] of edges) before[to]!.push(from);
  const states: NodeState[] = [];
  nodes.forEach((node, i) => {
    const layer = layerOf(node, layers);
    const inner = node.role === 'layer' || node.role === 'junction';
    const known = layer?.norms[norm];
    const lost = before[i]!.some((from) => ['unbounded', 'unsupported', 'behind'].includes(states[from]!));
    if (inner && unknown.has(node.id)) states.push('unsupported');
    else if (known?.upper === null || (inner && node.id === blamed)) states.push('unbounded');
    // Some layers hold whatever arrives: their reach is finite.
    else if (lost && layer?.reach === undefined) states.push('behind');
    else states.push(layer !== undefined && known === undefined ? 'pending' : 'bounded');
  });
  return states;
}

export const stateWords: Readonly<Record<NodeState, string>> = {
  bounded: 'bounded',
  pending: 'not known yet',
  unbounded: 'unbounded',
  unsupported: 'not understood',
  behind: 'behind what is unbounded',
};

function nodeWords(node: GraphNode, layer: LayerEntry | undefined, inspection: Inspection, state: NodeState): string {
  if (node.role === 'input' || node.role === 'output') return `${node.role} ${node.id}`;
  const behind = state === 'behind' ? '; no bound from the input reaches it' : '';
  if (layer === undefined)
    return `${node.op} ${node.id}: ${state === 'bounded' ? 'joins what arrives' : stateWords[state]}${behind}`;
  const known = layer.norms[inspection.norm];
  const constant =
    state === 'unsupported'
      ? 'not understood'
      : known === undefined
        ? 'not known yet'
        : `${normWord[inspection.norm]} norm ${intervalText(ofLayer(known))} (${evidenceWord(ofLayer(known))})`;
  const share = layer.share === null ? '' : `; ${percent(layer.share)} of the product`;
  return `${layer.name}, ${layer.kind}: ${constant}${share}${behind}`;
}

/** The table twin: every box with its neighbours by name. */
export function graphCells(inspection: Inspection, graph: NetworkGraph): readonly (readonly TableCell[])[] {
  const layers = layersById(inspection.layers);
  const names = graph.nodes.map((node) => nodeName(node, layerOf(node, layers)));
  const before = graph.nodes.map((): string[] => []);
  const after = graph.nodes.map((): string[] => []);
  for (const [from, to] of graph.edges) {
    before[to]!.push(names[from]!);
    after[from]!.push(names[to]!);
  }
  const states = nodeStates(inspection, graph, layers);
  return graph.nodes.map((node, i) => {
    const layer = layerOf(node, layers);
    const known = layer?.norms[inspection.norm];
    return [
      ['node', names[i]!],
      ['operator', node.op],
      [`${normWord[inspection.norm]} norm`, known === undefined ? '' : intervalText(ofLayer(known))],
      ['share', layer === undefined || layer.share === null ? '' : percent(layer.share)],
      ['from the input at most', layer?.reach === undefined ? '' : digits(layer.reach, 'up')],
      ['bound', stateWords[states[i]!]],
      ['after', before[i]!.join(', ')],
      ['before', after[i]!.join(', ')],
    ];
  });
}
