import { integer, integers, text, type Attribute, type Network, type Node } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { kernelWithBorder } from '../operators/bordered-convolution.ts';
import { isCircular, wrappedSource, type Border } from '../operators/circular-convolution.ts';
import { constantNumbers, factsOf } from '../operators/facts.ts';
import { Orders } from '../operators/order-statistics.ts';
import { bordersOf } from '../operators/padding.ts';
import { windowOf } from '../operators/window.ts';
import { consumersOf } from './consumers.ts';

export interface MergedNetwork {
  readonly network: Network;
  /** By id of the convolution: the nodes that pad, which are part of it. */
  readonly merged: ReadonlyMap<string, readonly string[]>;
}

/**
 * Padding that stands before its convolution is part of it: zeros become its own pads, an input that goes on at its other end (Pad, or Slice and Concat) makes it circular, mirrored and
 * repeated borders make it a PaddedConv. Then the norm is that of the whole, and the table has one row.
 */
export function mergePadding(network: Network): MergedNetwork {
  const merged = new Map<string, readonly string[]>();
  const makers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const orders = new Orders(network);
  let nodes: readonly Node[] = network.nodes;
  for (const node of network.nodes) {
    const padding = node.op === 'Conv' && node.domain === '' ? makers.get(node.inputs[0]!) : undefined;
    if (padding === undefined || !['NOTSET', 'VALID'].includes(text(node, 'auto_pad', 'NOTSET'))) continue;
    const found =
      zeroPadded(network, node, padding) ??
      circular(network, node, padding, orders) ??
      withBorder(network, node, padding);
    if (found === undefined) continue;
    nodes = nodes.map((own) => (own === node ? found.as : own));
    const unread = withoutReaders({ ...network, nodes }, found.parts);
    if (unread.size === 0) continue;
    nodes = nodes.filter((own) => !unread.has(own));
    merged.set(node.id, [...unread].map(({ id }) => id)); // prettier-ignore
  }
  return { network: nodes === network.nodes ? network : { ...network, nodes }, merged };
}

interface Found {
  readonly as: Node;
  readonly parts: readonly Node[];
}

/** Without padding of its own a node may say so by `auto_pad`, which then goes before its pads. */
const padsOf = (node: Node, axes: number): readonly number[] =>
  (text(node, 'auto_pad', 'NOTSET') === 'VALID' ? undefined : integers(node, 'pads')) ??
  new Array<number>(2 * axes).fill(0);

const withAttribute = (
  node: Node,
  name: string,
  values: readonly number[],
  without: readonly string[] = [],
): ReadonlyMap<string, Attribute> =>
  new Map([
    ...[...node.attributes].filter(([own]) => !without.includes(own)),
    [name, { kind: 'ints', value: values }] as const,
  ]);

function zeroPadded(network: Network, node: Node, padding: Node): Found | undefined {
  const shape = network.types.get(padding.inputs[0] ?? '')?.shape;
  const facts = factsOf(network, padding);
  if (
    padding.op !== 'Pad' ||
    shape === undefined ||
    shape.length < 3 ||
    text(padding, 'mode', 'constant') !== 'constant'
  )
    return undefined;
  if (facts.input(2) !== undefined && constantNumbers(facts, 2)?.[0] !== 0) return undefined;
  const value = padding.attributes.get('value');
  if (value !== undefined && !(value.kind === 'float' && value.value === 0)) return undefined;
  const borders = bordersOf(facts, shape.length);
  if (borders.some(({ begin, end }, axis) => begin < 0 || end < 0 || (axis < 2 && begin + end > 0))) return undefined;
  const axes = shape.length - 2;
  const pads = padsOf(node, axes).map(
    (own, k) => own + (k < axes ? borders[k + 2]!.begin : borders[k - axes + 2]!.end),
  );
  return {
    as: {
      ...node,
      inputs: [padding.inputs[0]!, ...node.inputs.slice(1)],
      attributes: withAttribute(node, 'pads', pads, ['auto_pad']),
    },
    parts: [padding],
  };
}

function circular(network: Network, node: Node, padding: Node, orders: Orders): Found | undefined {
  if (padding.op !== 'Pad' && padding.op !== 'Concat') return undefined;
  const order = orders.of(node.inputs[0]!);
  const padded = network.types.get(node.inputs[0]!)?.shape;
  const shape = network.types.get(order?.base ?? '')?.shape;
  const kernel = network.constants.get(node.inputs[1] ?? '')?.shape;
  if (order === undefined || padded === undefined || shape === undefined || kernel === undefined) return undefined;
  if (
    order.base === node.inputs[0] ||
    shape.length !== padded.length ||
    shape[0] !== padded[0] ||
    shape[1] !== padded[1]
  )
    return undefined;
  const axes = shape.length - 2;
  if (padsOf(node, axes).some((own) => own !== 0) || order.members.some(({ length }) => length !== 1)) return undefined;
  const borders = wrappedBorders(
    order.members.map(([member]) => member!),
    shape,
    padded,
  );
  if (borders === undefined) return undefined;
  const window = windowOf(factsOf(network, node), padded.slice(2), kernel.slice(2));
  const fits = shape.slice(2).every((size, axis) =>
    isCircular(size, window.outputSize[axis]!, {
      stride: window.strides[axis]!,
      reach: (window.kernel[axis]! - 1) * window.dilations[axis]! + 1,
    }),
  );
  if (integer(node, 'group', 1) < 1) return undefined;
  const wrapped = [...borders.map(({ before }) => before), ...borders.map(({ behind }) => behind)];
  const parts = network.nodes.filter((own) => order.nodes.has(own));
  if (!fits) return bordered(network, node, order.base, wrapped, 'wrap', parts);
  return {
    as: {
      ...node,
      op: 'CircularConv',
      inputs: [order.base, ...node.inputs.slice(1)],
      attributes: withAttribute(node, 'wrapped', wrapped),
    },
    parts,
  };
}

/** Mirrored, repeated or wrapped otherwise than around a torus. */
function withBorder(network: Network, node: Node, padding: Node): Found | undefined {
  const shape = network.types.get(padding.inputs[0] ?? '')?.shape;
  const mode = text(padding, 'mode', 'constant');
  if (padding.op !== 'Pad' || mode === 'constant' || shape === undefined || shape.length < 3) return undefined;
  const borders = bordersOf(factsOf(network, padding), shape.length);
  if (borders.some(({ begin, end }, axis) => begin < 0 || end < 0 || (axis < 2 && begin + end > 0))) return undefined;
  const spatial = borders.slice(2);
  if (padsOf(node, spatial.length).some((own) => own !== 0)) return undefined;
  const border = [...spatial.map(({ begin }) => begin), ...spatial.map(({ end }) => end)];
  return bordered(network, node, padding.inputs[0]!, border, mode, [padding]);
}

function bordered(
  network: Network,
  node: Node,
  input: string,
  border: readonly number[],
  mode: string,
  parts: readonly Node[],
): Found | undefined {
  const as: Node = {
    ...node,
    op: 'PaddedConv',
    inputs: [input, ...node.inputs.slice(1)],
    attributes: new Map([...withAttribute(node, 'border', border), ['mode', { kind: 'string', value: mode }]]),
  };
  return kernelWithBorder(factsOf(network, as)) === undefined ? undefined : { as, parts };
}

/** How far the input was continued on every side, where that is all that happened: the first element says how far it begins before. */
function wrappedBorders(source: readonly number[], shape: Shape, padded: Shape): readonly Border[] | undefined {
  const borders = shape.slice(2).map((size, axis): Border => {
    const step = elementCount(shape.slice(axis + 3));
    const first = Math.floor(source[0]! / step) % size;
    const before = (size - first) % size;
    return { before, behind: padded[axis + 2]! - size - before };
  });
  if (borders.some(({ behind }) => behind < 0) || borders.every(({ before, behind }) => before + behind === 0))
    return undefined;
  const wrapped = wrappedSource(shape, borders);
  return wrapped.length === source.length && wrapped.every((from, i) => from === source[i]) ? borders : undefined;
}

/** Those of the nodes that nobody reads any more, the last ones first. */
function withoutReaders(network: Network, parts: readonly Node[]): ReadonlySet<Node> {
  const consumers = consumersOf(network);
  const unread = new Set<Node>();
  for (const part of parts.toReversed())
    if (part.outputs.every((name) => consumers.inside(name, unread))) unread.add(part);
  return unread;
}
