import { integer, integers, type Network, type Node } from '../network/network.ts';
import { elementCount, numbersOf } from '../network/tensor.ts';
import { consumersOf, type Consumers } from './consumers.ts';

/**
 * (x - mean) / sqrt(mean((x - mean)^2) + eps) [* weight] [+ bias] over the last axis, as exporters write it out before opset 17, is
 * shown and bounded as the LayerNorm it is. In small operators it would count as unbounded, for its quotient alone is.
 */
export function recogniseLayerNorm(network: Network): Network {
  const consumers = consumersOf(network);
  const producers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const gone = new Set<Node>();
  const norms = new Map<Node, Node>();
  for (const division of network.nodes) {
    const match = division.op === 'Div' ? matchLayerNorm(network, division, producers, consumers) : undefined;
    if (match === undefined) continue;
    for (const node of match.inner) gone.add(node);
    norms.set(match.last, match.norm);
  }
  if (norms.size === 0) return network;
  return { ...network, nodes: network.nodes.flatMap((node) => norms.get(node) ?? (gone.has(node) ? [] : node)) };
}

interface Match {
  readonly norm: Node;
  readonly last: Node;
  readonly inner: readonly Node[];
}

function matchLayerNorm(
  network: Network,
  division: Node,
  producers: ReadonlyMap<string, Node>,
  consumers: Consumers,
): Match | undefined {
  const producer = (name: string | undefined, op: string): Node | undefined => {
    const node = producers.get(name ?? '');
    return node?.op === op ? node : undefined;
  };
  const centred = producer(division.inputs[0], 'Sub');
  const root = producer(division.inputs[1], 'Sqrt');
  const shifted = producer(root?.inputs[0], 'Add');
  if (centred === undefined || root === undefined || shifted === undefined) return undefined;
  const epsilon = scalarOf(network, shifted.inputs[1]!) ?? scalarOf(network, shifted.inputs[0]!);
  const variance = producer(shifted.inputs[0], 'ReduceMean') ?? producer(shifted.inputs[1], 'ReduceMean');
  const square = producer(variance?.inputs[0], 'Pow') ?? producer(variance?.inputs[0], 'Mul');
  const mean = producer(centred.inputs[1], 'ReduceMean');
  if (epsilon === undefined || variance === undefined || square === undefined || mean === undefined) return undefined;
  const x = centred.inputs[0]!;
  const shape = network.types.get(x)?.shape;
  const isSquare =
    square.inputs[0] === centred.outputs[0] &&
    (square.op === 'Mul' ? square.inputs[1] === square.inputs[0] : scalarOf(network, square.inputs[1]!) === 2);
  if (shape === undefined || mean.inputs[0] !== x || !isSquare) return undefined;
  if (!overLastAxis(network, mean, shape.length) || !overLastAxis(network, variance, shape.length)) return undefined;
  const inner = [mean, centred, square, variance, shifted, root];
  // A part that is read elsewhere too, or is an output itself, has to stay: then this is not one layer.
  const parts = new Set<Node>([...inner, division]);
  if (inner.some(({ outputs }) => !consumers.inside(outputs[0]!, parts))) return undefined;

  const scaling = scaledBy(network, consumers.only(division.outputs[0]!), division, 'Mul', shape.at(-1)!);
  const scaled = scaling?.node ?? division;
  const shifting = scaledBy(network, consumers.only(scaled.outputs[0]!), scaled, 'Add', shape.at(-1)!);
  const last = shifting?.node ?? scaled;
  const attributes = new Map([
    ['axis', { kind: 'int', value: -1 }],
    ['epsilon', { kind: 'float', value: epsilon }],
  ] as const);
  const inputs = [x, scaling?.constant ?? '', shifting?.constant ?? ''];
  const norm: Node = { ...last, op: 'LayerNormalization', inputs, attributes };
  return { norm, last, inner: [...inner, division, scaled, last].filter((node) => node !== last) };
}

/** The next node, where it multiplies by (or adds) one constant number per entry of the last axis. */
function scaledBy(
  network: Network,
  next: Node | undefined,
  before: Node,
  op: string,
  size: number,
): { readonly node: Node; readonly constant: string } | undefined {
  if (next?.op !== op) return undefined;
  const constant = next.inputs[0] === before.outputs[0] ? next.inputs[1]! : next.inputs[0]!;
  const shape = network.constants.get(constant)?.shape;
  return shape?.length === 1 && shape[0] === size ? { node: next, constant } : undefined;
}

function overLastAxis(network: Network, mean: Node, axes: number): boolean {
  const constant = network.constants.get(mean.inputs[1] ?? '');
  const over = integers(mean, 'axes') ?? (constant === undefined ? [] : [...numbersOf(constant)]);
  return over.length === 1 && (over[0] === -1 || over[0] === axes - 1) && integer(mean, 'keepdims', 1) === 1;
}

function scalarOf(network: Network, name: string): number | undefined {
  const tensor = network.constants.get(name);
  return tensor !== undefined && elementCount(tensor.shape) === 1 ? numbersOf(tensor)[0] : undefined;
}
