import { integer, integers, type Network, type Node } from '../network/network.ts';
import { numbersOf } from '../network/tensor.ts';
import { recognise, scalarOf, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x / max(|x|, floor) along an axis (normalize of PyTorch), in l2 or l1: with the floor it has a constant on the whole space, which a quotient of two tensors has not.
 */
export const recogniseNormalisation = (network: Network): Network => recognise(network, 'Div', matchNormalisation);

function matchNormalisation(quotient: Node, { network, made }: Surroundings): Recognised | undefined {
  const [x, divisor] = quotient.inputs as readonly [string, string];
  const expanded = made(divisor, 'Expand');
  const floored = flooredLength(network, made(expanded?.inputs[0] ?? divisor, 'Clip', 'Max'));
  const length = made(floored?.tensor ?? expanded?.inputs[0] ?? divisor, 'ReduceL2', 'ReduceL1');
  const axes = network.types.get(x)?.shape.length;
  if (length?.inputs[0] !== x || axes === undefined || integer(length, 'keepdims', 1) !== 1) return undefined;
  const constant = network.constants.get(length.inputs[1] ?? '');
  const over = integers(length, 'axes') ?? (constant === undefined ? [] : [...numbersOf(constant)]);
  if (over.length !== 1) return undefined;
  const as: Node = {
    ...quotient,
    op: 'LpNormalization',
    inputs: [x],
    attributes: new Map([
      ['axis', { kind: 'int', value: over[0]! }],
      ['p', { kind: 'int', value: length.op === 'ReduceL2' ? 2 : 1 }],
      ['floor', { kind: 'float', value: floored?.floor ?? 0 }],
    ]),
  };
  return {
    as,
    last: quotient,
    inner: [length, ...(floored?.inner ?? []), ...(expanded === undefined ? [] : [expanded])],
  };
}

function flooredLength(
  network: Network,
  node: Node | undefined,
): { readonly tensor: string; readonly floor: number; readonly inner: readonly Node[] } | undefined {
  if (node === undefined) return undefined;
  const [a, b, most] = node.inputs as readonly [string, string | undefined, string | undefined];
  const limit = scalarOf(network, b) ?? (node.op === 'Max' ? scalarOf(network, a) : undefined);
  const tensor = network.constants.has(a) ? b : a;
  const bounded = (most !== undefined && most !== '') || node.inputs.length > 3;
  if (limit === undefined || tensor === undefined || bounded || !(limit > 0)) return undefined;
  return { tensor, floor: limit, inner: [node] };
}
