import type { Attribute, Network, Node } from '../network/network.ts';
import { beside, recognise, scalarOf, withScalar, type Recognised, type Surroundings } from './pattern.ts';
import { polynomialIn } from './polynomial.ts';

/**
 * 0.5 x (1 + erf(x / sqrt 2)), and 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), written out in small operators in any order of the
 * factors, are shown and bounded as the GELU they are: left as a product of two tensors they would have no finite constant. The float32
 * value in place of sqrt 2 or sqrt(2/pi) is kept as a stretch of the exact function, that of 0.044715 as a deviation, so that the bound is
 * one for the numbers in the file.
 */
export const recogniseGelu = (network: Network): Network =>
  recognise(recognise(network, 'Erf', matchErf), 'Tanh', matchTanh);

function matchErf(erf: Node, around: Surroundings): Recognised | undefined {
  const scaling = around.made(erf.inputs[0], 'Mul', 'Div');
  const scaled = scaledTensor(around.network, scaling);
  if (scaling === undefined || scaled === undefined) return undefined;
  const stretch = scaled.factor * Math.SQRT2;
  if (Math.abs(stretch - 1) > 1e-3) return undefined;
  return gate(around, erf, scaled.tensor, [scaling], [['stretch', { kind: 'float', value: stretch }]]);
}

function matchTanh(tanh: Node, around: Surroundings): Recognised | undefined {
  for (const x of operandsBefore(around, tanh)) {
    const argument = polynomialIn(around, tanh.inputs[0]!, x);
    const [constant, first, second, third] = argument?.coefficients ?? [];
    if (argument === undefined || constant !== 0 || second !== 0 || !first || !third) continue;
    const stretch = first / Math.sqrt(2 / Math.PI);
    const deviation = third / (stretch ** 3 * Math.sqrt(2 / Math.PI) * 0.044715) - 1;
    if (Math.abs(stretch - 1) > 1e-3 || Math.abs(deviation) > 1e-6) continue;
    return gate(around, tanh, x, argument.nodes, [
      ['approximate', { kind: 'string', value: 'tanh' }],
      ['stretch', { kind: 'float', value: stretch }],
      ['deviation', { kind: 'float', value: deviation }],
    ]);
  }
  return undefined;
}

/** Tensors of which the argument could be a polynomial: those a few sums and products before it. */
function operandsBefore({ network, made }: Surroundings, node: Node): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string, depth: number): void => {
    if (depth > 6 || found.has(name) || network.constants.has(name)) return;
    found.add(name);
    for (const input of made(name, 'Add', 'Mul', 'Div', 'Pow')?.inputs ?? []) visit(input, depth + 1);
  };
  visit(node.inputs[0]!, 0);
  return found;
}

/** From erf or tanh on: 1 is added, then x and 0.5 are multiplied in any order, also as (0.5 x) (1 + erf). */
function gate(
  { network, consumers, made }: Surroundings,
  curve: Node,
  x: string,
  before: readonly Node[],
  attributes: readonly (readonly [string, Attribute])[],
): Recognised | undefined {
  const plusOne = consumers.only(curve.outputs[0]!);
  if (plusOne?.op !== 'Add' || scalarOf(network, beside(plusOne, curve.outputs[0]!)) !== 1) return undefined;
  const inner: Node[] = [...before, curve, plusOne];
  let factor = 1;
  let seenX = false;
  let current = plusOne;
  while (!(seenX && Math.abs(factor) !== 1)) {
    const product = consumers.only(current.outputs[0]!);
    if (product?.op !== 'Mul') return undefined;
    const other = beside(product, current.outputs[0]!)!;
    const scalar = scalarOf(network, other);
    if (scalar !== undefined) factor *= scalar;
    else if (other === x && !seenX) seenX = true;
    else {
      const half = made(other, 'Mul', 'Div');
      const scaledX = scaledTensor(network, half);
      if (half === undefined || scaledX?.tensor !== x || seenX) return undefined;
      factor *= scaledX.factor;
      seenX = true;
      inner.push(half);
    }
    current = product;
    inner.push(product);
  }
  if (factor !== 0.5) return undefined;
  const as: Node = { ...current, op: 'Gelu', inputs: [x], attributes: new Map(attributes) };
  return { as, last: current, inner: inner.filter((node) => node !== current) };
}

/** x / c or x c with a scalar constant, as a factor. */
function scaledTensor(
  network: Network,
  node: Node | undefined,
): { readonly tensor: string; readonly factor: number } | undefined {
  const scaled = withScalar(network, node);
  if (scaled === undefined || node === undefined) return undefined;
  if (node.op === 'Mul') return { tensor: scaled.tensor, factor: scaled.scalar };
  return node.inputs[0] === scaled.tensor ? { tensor: scaled.tensor, factor: 1 / scaled.scalar } : undefined;
}
