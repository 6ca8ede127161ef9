import type { Network, Node } from '../network/network.ts';
import { elementCount, numbersOf } from '../network/tensor.ts';
import { consumersOf, type Consumers } from './consumers.ts';

/**
 * 0.5 x (1 + erf(x / sqrt 2)) written out in small operators, in any order of its factors, is shown and bounded as the GELU it is:
 * left as a product of two tensors it would have no finite constant. The float32 value c in place of sqrt 2 is kept as a stretch
 * s = sqrt 2 / c of the exact function, so that the bound is one for the numbers in the file.
 */
export function recogniseGelu(network: Network): Network {
  const consumers = consumersOf(network);
  const producers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const gone = new Set<Node>();
  const gelus = new Map<Node, Node>();
  for (const erf of network.nodes) {
    if (erf.op !== 'Erf') continue;
    const match = matchGelu(network, erf, producers.get(erf.inputs[0]!), consumers);
    if (match === undefined) continue;
    for (const node of match.inner) gone.add(node);
    gelus.set(match.last, match.gelu);
  }
  if (gelus.size === 0) return network;
  return { ...network, nodes: network.nodes.flatMap((node) => gelus.get(node) ?? (gone.has(node) ? [] : node)) };
}

interface Match {
  readonly gelu: Node;
  readonly last: Node;
  readonly inner: readonly Node[];
}

function matchGelu(network: Network, erf: Node, scaling: Node | undefined, consumers: Consumers): Match | undefined {
  if (scaling === undefined || consumers.only(scaling.outputs[0]!) !== erf) return undefined;
  const scaled = timesScalar(network, scaling);
  if (scaled === undefined) return undefined;
  const x = scaled.tensor;
  const plusOne = consumers.only(erf.outputs[0]!);
  if (plusOne?.op !== 'Add' || scalarBeside(network, plusOne, erf.outputs[0]!) !== 1) return undefined;

  // The factors x and 0.5 can come in any order, also as (0.5 x) (1 + erf).
  const inner: Node[] = [scaling, erf, plusOne];
  let factor = 1;
  let seenX = false;
  let current = plusOne;
  while (!(seenX && Math.abs(factor) !== 1)) {
    const product = consumers.only(current.outputs[0]!);
    if (product?.op !== 'Mul') return undefined;
    const other = product.inputs[0] === current.outputs[0] ? product.inputs[1]! : product.inputs[0]!;
    const scalar = scalarOf(network, other);
    if (scalar !== undefined) factor *= scalar;
    else if (other === x && !seenX) seenX = true;
    else {
      const half = network.nodes.find((node) => node.outputs[0] === other);
      const scaledX = half === undefined || consumers.only(other) !== product ? undefined : timesScalar(network, half);
      if (scaledX?.tensor !== x || seenX || half === undefined) return undefined;
      factor *= scaledX.factor;
      seenX = true;
      inner.push(half);
    }
    current = product;
    inner.push(product);
  }
  if (factor !== 0.5) return undefined;
  const stretch = scaled.factor * Math.SQRT2;
  if (Math.abs(stretch - 1) > 1e-3) return undefined;
  const gelu: Node = {
    ...current,
    op: 'Gelu',
    inputs: [x],
    attributes: new Map([['stretch', { kind: 'float', value: stretch }]]),
  };
  return { gelu, last: current, inner: inner.filter((node) => node !== current) };
}

/** x / c or x c with a scalar constant, as a factor. */
function timesScalar(network: Network, node: Node): { readonly tensor: string; readonly factor: number } | undefined {
  const [first, second] = node.inputs as [string, string];
  const right = scalarOf(network, second);
  if (node.op === 'Div' && right !== undefined) return { tensor: first, factor: 1 / right };
  if (node.op !== 'Mul') return undefined;
  if (right !== undefined) return { tensor: first, factor: right };
  const left = scalarOf(network, first);
  return left === undefined ? undefined : { tensor: second, factor: left };
}

const scalarBeside = (network: Network, node: Node, tensor: string): number | undefined =>
  scalarOf(network, node.inputs[0] === tensor ? node.inputs[1]! : node.inputs[0]!);

function scalarOf(network: Network, name: string): number | undefined {
  const tensor = network.constants.get(name);
  return tensor !== undefined && elementCount(tensor.shape) === 1 ? numbersOf(tensor)[0] : undefined;
}
