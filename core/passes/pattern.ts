import { integer, integers, type Network, type Node } from '../network/network.ts';
import { elementCount, numbersOf, type Tensor, type TensorType } from '../network/tensor.ts';
import { positiveAxis } from '../operators/facts.ts';
import { consumersOf, type Consumers } from './consumers.ts';

/** Something written out in small nodes: the node that stands for all of it takes the place of the last one. */
export interface Recognised {
  readonly as: Node;
  readonly last: Node;
  readonly inner: readonly Node[];
  /** What it needs around it, the types of the tensors between included. */
  readonly before?: readonly Node[];
  readonly behind?: readonly Node[];
  readonly types?: readonly (readonly [string, TensorType])[];
  /** Constants that it reads and the file does not have. */
  readonly constants?: readonly (readonly [string, Tensor])[];
}

/** A network as a pattern is looked for in it. */
export interface Surroundings {
  readonly network: Network;
  readonly consumers: Consumers;
  /** The node that makes a tensor, if it is one of these operators of the standard domain. */
  readonly made: (tensor: string | undefined, ...ops: readonly string[]) => Node | undefined;
}

/** Replaces every place where the pattern is found; `at` is asked about every node with the given operator. */
export function recognise(
  network: Network,
  op: string,
  at: (node: Node, around: Surroundings) => Recognised | undefined,
): Network {
  const candidates = network.nodes.filter((node) => isOp(node, op));
  if (candidates.length === 0) return network;
  const producers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const around: Surroundings = {
    network,
    consumers: consumersOf(network),
    made: (tensor, ...ops) => {
      const node = producers.get(tensor ?? '');
      return node !== undefined && ops.some((one) => isOp(node, one)) ? node : undefined;
    },
  };
  const gone = new Set<Node>();
  const instead = new Map<Node, readonly Node[]>();
  const more: (readonly [string, Tensor])[] = [];
  const types: (readonly [string, TensorType])[] = [];
  for (const node of candidates) {
    const found = at(node, around);
    if (found === undefined || [...found.inner, found.last].some((part) => gone.has(part) || instead.has(part)))
      continue;
    if (!isWhole(around, found)) continue;
    for (const part of found.inner) gone.add(part);
    instead.set(found.last, [...(found.before ?? []), found.as, ...(found.behind ?? [])]);
    more.push(...(found.constants ?? []));
    types.push(...(found.types ?? []));
  }
  if (instead.size === 0) return network;
  const nodes = network.nodes.flatMap((node) => instead.get(node) ?? (gone.has(node) ? [] : node));
  return {
    ...network,
    nodes,
    constants: more.length === 0 ? network.constants : new Map([...network.constants, ...more]),
    types: types.length === 0 ? network.types : new Map([...network.types, ...types]),
  };
}

/** Nobody else reads a part of it, and it neither adds axes (a constant may have more than its input) nor reads what is not there yet. */
function isWhole({ network, consumers }: Surroundings, { as, before, last, inner }: Recognised): boolean {
  const parts = new Set([...inner, last]);
  const [input, output] = [(before?.[0] ?? as).inputs[0]!, last.outputs[0]!].map((name) =>
    network.types.get(name)?.shape.join(),
  );
  return input !== undefined && input === output && inner.every(({ outputs }) => consumers.inside(outputs[0]!, parts));
}

const isOp = (node: Node, op: string): boolean => node.op === op && (node.domain === '' || node.domain === 'ai.onnx');

/** A constant of one number. */
export function scalarOf(network: Network, name: string | undefined): number | undefined {
  const tensor = network.constants.get(name ?? '');
  return tensor !== undefined && tensor.type !== 'string' && elementCount(tensor.shape) === 1
    ? numbersOf(tensor)[0]
    : undefined;
}

/** The other one of two inputs. */
export const beside = (node: Node, tensor: string): string | undefined =>
  node.inputs[0] === tensor ? node.inputs[1] : node.inputs[0];

/** The variable input of an operator with a scalar constant beside it, in either order. */
export function withScalar(
  network: Network,
  node: Node | undefined,
): { readonly tensor: string; readonly scalar: number } | undefined {
  if (node?.inputs.length !== 2) return undefined;
  const [a, b] = node.inputs as readonly [string, string];
  const [left, right] = [scalarOf(network, a), scalarOf(network, b)];
  if (right !== undefined && !network.constants.has(a)) return { tensor: a, scalar: right };
  return left === undefined || network.constants.has(b) ? undefined : { tensor: b, scalar: left };
}

/** The axes of a reduction that keeps them, in rising order; undefined where it keeps none, or does not say which. */
export function keptAxes(network: Network, node: Node, rank: number): readonly number[] | undefined {
  const constant = network.constants.get(node.inputs[1] ?? '');
  const over = integers(node, 'axes') ?? (constant === undefined ? [] : [...numbersOf(constant)]);
  if (over.length === 0 || integer(node, 'keepdims', 1) !== 1) return undefined;
  return over.map((axis) => positiveAxis(axis, rank)).sort((a, b) => a - b);
}

/** What is squared, written as a power or as a product with itself. */
export function squared(network: Network, node: Node | undefined): string | undefined {
  const [base, other] = node?.inputs ?? [];
  if (node?.op === 'Mul') return base === other ? base : undefined;
  return node?.op === 'Pow' && scalarOf(network, other) === 2 ? base : undefined;
}

/** a / sqrt(r), also as a (1 / sqrt(r)) or a r^(-1/2). */
export function overRoot(
  { network, made }: Surroundings,
  node: Node,
): { readonly dividend: string; readonly radicand: string; readonly inner: readonly Node[] } | undefined {
  if (node.op === 'Div') {
    const root = made(node.inputs[1], 'Sqrt');
    return root && { dividend: node.inputs[0]!, radicand: root.inputs[0]!, inner: [root] };
  }
  if (node.op !== 'Mul') return undefined;
  for (const [dividend, factor] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
    const power = made(factor, 'Pow');
    if (power !== undefined && scalarOf(network, power.inputs[1]) === -0.5)
      return { dividend, radicand: power.inputs[0]!, inner: [power] };
    const inverse = made(factor, 'Reciprocal', 'Div');
    if (inverse === undefined || (inverse.op === 'Div' && scalarOf(network, inverse.inputs[0]) !== 1)) continue;
    const root = made(inverse.inputs.at(-1), 'Sqrt');
    if (root !== undefined) return { dividend, radicand: root.inputs[0]!, inner: [root, inverse] };
  }
  return undefined;
}
