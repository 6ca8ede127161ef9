import { integer, type Attribute, type Network, type Node } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import { recognise, scalarOf, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * MatMul, a scale, a mask, Softmax and MatMul of three tensors that all depend on the input: dot-product attention. As one node it is shown as
 * what it is, and bounded as a whole: shares sum to 1, which its parts do not know of each other.
 */
export const recogniseAttention = (network: Network): Network => recognise(network, 'MatMul', matchAttention);

function matchAttention(product: Node, around: Surroundings): Recognised | undefined {
  const { network, made } = around;
  const softmax = made(product.inputs[0], 'Softmax');
  const shape = network.types.get(softmax?.inputs[0] ?? '')?.shape;
  if (softmax === undefined || shape === undefined || !overLast(network, softmax, shape)) return undefined;
  const inner = [softmax];
  let scores = softmax.inputs[0]!;
  const masked = made(scores, 'Add');
  const mask = masked?.inputs.find((name) => network.constants.has(name));
  if (masked !== undefined && mask !== undefined && network.constants.get(mask)!.shape.length <= shape.length) {
    inner.push(masked);
    scores = masked.inputs.find((name) => name !== mask)!;
  }
  const scaled = scaling(around, scores);
  if (scaled !== undefined) {
    inner.push(scaled.node);
    scores = scaled.tensor;
  }
  const dots = made(scores, 'MatMul');
  if (dots === undefined) return undefined;
  inner.push(dots);
  const inputs = [...dots.inputs, product.inputs[1]!];
  const shapes = inputs.map((name) => (network.constants.has(name) ? undefined : network.types.get(name)?.shape));
  if (!matches(shapes, shape)) return undefined;
  const attributes: [string, Attribute][] = [
    ['factor', { kind: 'float', value: scaled?.factor ?? 1 }],
    ['divisor', { kind: 'float', value: scaled?.divisor ?? 1 }],
  ];
  const as: Node = {
    ...product,
    op: 'DotProductAttention',
    inputs: mask === undefined ? inputs : [...inputs, mask],
    attributes: new Map(attributes),
  };
  return { as, last: product, inner };
}

/** Before operator set 13 all axes from the given one on form a group. */
const overLast = (network: Network, softmax: Node, shape: Shape): boolean => {
  const axis = integer(softmax, 'axis', network.opset < 13 ? 1 : -1);
  return axis === -1 || axis === shape.length - 1;
};

interface Scaling {
  readonly node: Node;
  readonly tensor: string;
  readonly factor: number;
  readonly divisor: number;
}

function scaling({ network, made }: Surroundings, scores: string): Scaling | undefined {
  const node = made(scores, 'Mul', 'Div');
  if (node?.op === 'Mul') {
    const found = withScalar(network, node);
    return found && { node, tensor: found.tensor, factor: found.scalar, divisor: 1 };
  }
  const divisor = scalarOf(network, node?.inputs[1]);
  return node === undefined || divisor === undefined || divisor === 0
    ? undefined
    : { node, tensor: node.inputs[0]!, factor: 1, divisor };
}

/** Q [.., n, d], K [.., d, m] and V [.., m, e] with the same heads, and none of them a constant. */
function matches([queries, keys, values]: readonly (Shape | undefined)[], scores: Shape): boolean {
  if (queries === undefined || keys === undefined || values === undefined) return false;
  const heads = scores.slice(0, -2).join();
  return (
    [queries, keys, values].every((shape) => shape.length === scores.length && shape.slice(0, -2).join() === heads) &&
    values.at(-2) === scores.at(-1)
  );
}
