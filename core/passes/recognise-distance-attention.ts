import {
  quotientNormAbove,
  spectralNormAbove,
  type SmallMatrix,
} from '../compute/linear-algebra/spectral-norm-above.ts';
import { integer, integers, type Attribute, type Network, type Node } from '../network/network.ts';
import { elementCount, numbersOf, type Shape } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import { recognise, scalarOf, squared, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * Attention whose scores are negative squared distances of queries that are their own keys, |q_i - q_j|^2 summed from differences or put together from squares
 * and products: node by node it is unbounded on the whole space, as a whole it is not (operators/distance-attention.ts).
 */
export const recogniseDistanceAttention = (network: Network): Network => recognise(network, 'MatMul', matchAttention);

function matchAttention(product: Node, around: Surroundings): Recognised | undefined {
  const { network, made } = around;
  const softmax = made(product.inputs[0], 'Softmax');
  const scores = softmax?.inputs[0];
  const shape = network.types.get(scores ?? '')?.shape;
  const values = product.inputs[1]!;
  const width = network.types.get(values)?.shape;
  if (softmax === undefined || scores === undefined || shape === undefined || width === undefined) return undefined;
  const axis = integer(softmax, 'axis', network.opset < 13 ? 1 : -1);
  const [rows, columns] = shape.slice(-2);
  if ((axis !== -1 && axis !== shape.length - 1) || shape.length < 2 || rows !== columns) return undefined;
  if (width.slice(0, -1).join() !== shape.slice(0, -1).join()) return undefined;
  const found = distancesIn(around, scores, shape);
  if (found === undefined) return undefined;
  const stretch = stretchOf(around, values, found.queries);
  if (stretch === undefined) return undefined;
  const as: Node = {
    ...product,
    op: 'DistanceAttention',
    inputs: [values, found.queries],
    attributes: new Map<string, Attribute>([
      ['scale', { kind: 'float', value: found.scale }],
      ['stretch', { kind: 'float', value: stretch }],
    ]),
  };
  return { as, last: product, inner: [...new Set([softmax, ...found.nodes])] };
}

interface Term {
  readonly tensor: string;
  readonly factor: number;
}

/** Sums, differences and multiples, taken apart. */
function termsOf({ network, made }: Surroundings, tensor: string, factor: number, nodes: Node[]): Term[] {
  const node = made(tensor, 'Add', 'Sub', 'Neg', 'Mul', 'Div', 'Identity');
  const go = (name: string, times: number): Term[] => termsOf({ network, made } as Surroundings, name, times, nodes);
  const scaled =
    node !== undefined && node.op !== 'Neg' && node.op !== 'Identity' ? withScalar(network, node) : undefined;
  switch (node?.op) {
    case undefined:
      break;
    case 'Identity':
    case 'Neg':
      nodes.push(node);
      return go(node.inputs[0]!, node.op === 'Neg' ? -factor : factor);
    case 'Add':
    case 'Sub': {
      nodes.push(node);
      const sign = node.op === 'Add' ? 1 : -1;
      // A number added to all scores changes no share.
      if (scaled !== undefined) return go(scaled.tensor, scaled.tensor === node.inputs[0] ? factor : sign * factor);
      return [...go(node.inputs[0]!, factor), ...go(node.inputs[1]!, sign * factor)];
    }
    case 'Mul':
      if (scaled === undefined) break;
      nodes.push(node);
      return go(scaled.tensor, factor * scaled.scalar);
    case 'Div':
      if (scaled?.tensor !== node.inputs[0] || scaled?.scalar === 0) break;
      nodes.push(node);
      return go(scaled!.tensor, factor / scaled!.scalar);
  }
  return [{ tensor, factor }];
}

interface Distances {
  readonly queries: string;
  readonly nodes: readonly Node[];
}

function distancesIn(
  around: Surroundings,
  scores: string,
  shape: Shape,
): (Distances & { readonly scale: number }) | undefined {
  const nodes: Node[] = [];
  const terms = termsOf(around, scores, 1, nodes);
  const n = shape.at(-1)!;
  const shapeOf = (term: Term): Shape => around.network.types.get(term.tensor)?.shape ?? [];
  let queries: string | undefined;
  let [squares, products] = [0, 0];
  const same = (tensor: string): boolean => {
    queries ??= tensor;
    return sameValue(around, queries, tensor, 8);
  };
  for (const term of terms) {
    const [rows, columns] = shapeOf(term).slice(-2);
    if (columns === 1 && rows === n && n > 1) {
      // The same for all keys of a query: no share depends on it. Its nodes go with the others.
      nodes.push(...rowNormNodes(around, term.tensor));
      continue;
    }
    const whole = distanceOf(around, term.tensor);
    const dots = whole === undefined ? productOf(around, term.tensor) : undefined;
    const column = whole === undefined && dots === undefined ? columnNormOf(around, term.tensor) : undefined;
    const found = whole ?? dots ?? column;
    if (found === undefined || !same(found.queries)) return undefined;
    nodes.push(...found.nodes);
    if (whole !== undefined) [squares, products] = [squares + term.factor, products - 2 * term.factor];
    else if (dots !== undefined) products += term.factor;
    else squares += term.factor;
  }
  // -s |q_j|^2 + 2 s q_i.q_j, in numbers as the file has them.
  return squares < 0 && products === -2 * squares && queries !== undefined
    ? { queries, nodes, scale: -squares }
    : undefined;
}

/** The sum of squares over the last axis of the difference of every query and every key. */
function distanceOf(around: Surroundings, tensor: string): Distances | undefined {
  const { network, made } = around;
  const sum = made(tensor, 'ReduceSum');
  const power = made(sum?.inputs[0], 'Mul', 'Pow');
  const base = squared(network, power);
  const difference = made(base, 'Sub');
  const rank = network.types.get(base ?? '')?.shape.length;
  if (sum === undefined || power === undefined || difference === undefined || rank === undefined) return undefined;
  if (!reducesLast(network, sum, rank) || integer(sum, 'keepdims', 1) !== 0) return undefined;
  const spread = difference.inputs.map((name) => made(name, 'Unsqueeze'));
  const axes = spread.map((node) => node && axisOf(network, node, rank));
  if (axes[0] === undefined || axes[1] === undefined || Math.abs(axes[0] - axes[1]) !== 1) return undefined;
  if (Math.min(axes[0], axes[1]) !== rank - 3) return undefined;
  const [one, other] = spread as [Node, Node];
  if (!sameValue(around, one.inputs[0]!, other.inputs[0]!, 8)) return undefined;
  return { queries: one.inputs[0]!, nodes: [sum, power, difference, one, other] };
}

/** Every query times every key. */
function productOf(around: Surroundings, tensor: string): Distances | undefined {
  const product = around.made(tensor, 'MatMul');
  if (product === undefined) return undefined;
  const keys = transposed(around, product.inputs[1]!, product.inputs[0]!);
  return keys && { queries: product.inputs[0]!, nodes: [product, ...keys] };
}

/** The squared length of every key, as a row. */
function columnNormOf(around: Surroundings, tensor: string): Distances | undefined {
  const { network, made } = around;
  const turned = made(tensor, 'Transpose');
  if (turned !== undefined && swapsLast(network, turned)) {
    const own = rowNorm(around, turned.inputs[0]!);
    return own && { queries: own.queries, nodes: [turned, ...own.nodes] };
  }
  const spread = made(tensor, 'Unsqueeze');
  const rank = network.types.get(tensor)?.shape.length ?? 0;
  if (spread === undefined || axisOf(network, spread, rank) !== rank - 2) return undefined;
  const own = lengths(around, spread.inputs[0]!, 0);
  return own && { queries: own.queries, nodes: [spread, ...own.nodes] };
}

/** The squared length of every row, as a column. */
function rowNorm(around: Surroundings, tensor: string): Distances | undefined {
  const { network, made } = around;
  const spread = made(tensor, 'Unsqueeze');
  const rank = network.types.get(tensor)?.shape.length ?? 0;
  if (spread === undefined) return lengths(around, tensor, 1);
  const own = axisOf(network, spread, rank) === rank - 1 ? lengths(around, spread.inputs[0]!, 0) : undefined;
  return own && { queries: own.queries, nodes: [spread, ...own.nodes] };
}

const rowNormNodes = (around: Surroundings, tensor: string): readonly Node[] => rowNorm(around, tensor)?.nodes ?? [];

function lengths({ network, made }: Surroundings, tensor: string, keepdims: 0 | 1): Distances | undefined {
  const sum = made(tensor, 'ReduceSum');
  const power = made(sum?.inputs[0], 'Mul', 'Pow');
  const base = squared(network, power);
  const rank = network.types.get(base ?? '')?.shape.length;
  if (sum === undefined || power === undefined || base === undefined || rank === undefined) return undefined;
  return reducesLast(network, sum, rank) && integer(sum, 'keepdims', 1) === keepdims
    ? { queries: base, nodes: [sum, power] }
    : undefined;
}

/** The nodes by which `keys` is what `queries` is, with its last two axes exchanged. */
function transposed(around: Surroundings, keys: string, queries: string): readonly Node[] | undefined {
  const { network, made } = around;
  const turned = made(keys, 'Transpose');
  if (turned === undefined) return undefined;
  if (swapsLast(network, turned) && sameValue(around, turned.inputs[0]!, queries, 8)) return [turned];
  // Heads: both are turned from one tensor, keys further than queries.
  const own = made(queries, 'Transpose');
  const [far, near] = [integers(turned, 'perm'), integers(own ?? turned, 'perm')];
  if (own === undefined || far === undefined || near === undefined) return undefined;
  const exchanged = [...near.slice(0, -2), near.at(-1), near.at(-2)];
  return far.join() === exchanged.join() && sameValue(around, turned.inputs[0]!, own.inputs[0]!, 8)
    ? [turned]
    : undefined;
}

function swapsLast(network: Network, node: Node): boolean {
  const rank = network.types.get(node.inputs[0]!)?.shape.length ?? 0;
  const perm = integers(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const expected = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return rank >= 2 && perm.join() === expected.join();
}

const numbersAt = (network: Network, node: Node, index: number, name: string): readonly number[] | undefined => {
  const tensor = network.constants.get(node.inputs[index] ?? '');
  return integers(node, name) ?? (tensor === undefined ? undefined : [...numbersOf(tensor)]);
};

function axisOf(network: Network, node: Node, rank: number): number | undefined {
  const axes = numbersAt(network, node, 1, 'axes');
  return axes?.length === 1 ? (axes[0]! < 0 ? axes[0]! + rank : axes[0]!) : undefined;
}

function reducesLast(network: Network, node: Node, rank: number): boolean {
  const axes = numbersAt(network, node, 1, 'axes');
  return axes?.length === 1 && (axes[0] === -1 || axes[0] === rank - 1);
}

/** Whether two tensors are made in the same way from the same ones: keys that share the weights of their queries are often computed once more. */
function sameValue(around: Surroundings, one: string, other: string, depth: number): boolean {
  if (one === other) return true;
  const { network, made } = around;
  const [a, b] = [network.constants.get(one), network.constants.get(other)];
  if (a !== undefined && b !== undefined)
    return (
      a.shape.join() === b.shape.join() &&
      a.type === b.type &&
      a.type !== 'string' &&
      b.type !== 'string' &&
      equal(numbersOf(a), numbersOf(b))
    );
  const ops = ['MatMul', 'Gemm', 'Add', 'Reshape', 'Transpose', 'Unsqueeze', 'Squeeze', 'Identity', 'Mul'] as const;
  const [left, right] = [made(one, ...ops), made(other, ...ops)];
  if (left === undefined || right === undefined || depth === 0 || left.op !== right.op) return false;
  return (
    left.inputs.length === right.inputs.length &&
    JSON.stringify([...left.attributes].sort()) === JSON.stringify([...right.attributes].sort()) &&
    left.inputs.every((name, index) => sameValue(around, name, right.inputs[index]!, depth - 1))
  );
}

const equal = (one: ArrayLike<number>, other: ArrayLike<number>): boolean =>
  one.length === other.length && Array.from(one).every((value, index) => value === other[index]);

/** A tensor as rows of another one times matrices, with something added to every row. */
interface Image {
  readonly source: string;
  readonly matrices: readonly SmallMatrix[];
}

/** From the tensor itself backwards, one step at a time. */
function imagesOf({ network, made }: Surroundings, tensor: string): Image[] {
  const images: Image[] = [{ source: tensor, matrices: [] }];
  for (;;) {
    const { source, matrices } = images.at(-1)!;
    const node = made(source, 'MatMul', 'Add', 'Mul', 'Identity');
    if (node === undefined) return images;
    const constant = network.constants.get(node.inputs[1] ?? '');
    if (node.op === 'Identity') images.push({ source: node.inputs[0]!, matrices });
    else if (node.op === 'MatMul') {
      if (constant?.shape.length !== 2 || elementCount(constant.shape) > mostEntries) return images;
      const [rows, columns] = constant.shape as [number, number];
      images.push({
        source: node.inputs[0]!,
        matrices: [{ rows, columns, entries: Float64Array.from(numbersOf(constant)) }, ...matrices],
      });
    } else if (node.op === 'Add') {
      const added = node.inputs.find((name) => network.constants.has(name));
      const moved = node.inputs.find((name) => name !== added);
      const by = network.constants.get(added ?? '');
      // The same for every row.
      if (by === undefined || moved === undefined || (by.shape.at(-2) ?? 1) !== 1) return images;
      images.push({ source: moved, matrices });
    } else {
      const scaled = withScalar(network, node);
      if (scaled === undefined || scalarOf(network, node.inputs[0]) !== undefined) return images;
      images.push({
        source: scaled.tensor,
        matrices: [{ rows: 1, columns: 1, entries: Float64Array.of(scaled.scalar) }, ...matrices],
      });
    }
  }
}

const mostEntries = 2 ** 18;
const mostInverted = 2 ** 16;

/** How much farther apart rows of the values are than those of the queries, at most. */
function stretchOf(around: Surroundings, values: string, queries: string): number | undefined {
  const images = imagesOf(around, values);
  const direct = images.find(({ source }) => sameValue(around, source, queries, 8));
  if (direct !== undefined) return direct.matrices.reduce((norm, matrix) => above(norm * spectralNormAbove(matrix)), 1);
  // Both are images of one tensor, and the queries tell all of it.
  const own = imagesOf(around, queries).at(-1)!;
  const common = images.find(({ source }) => sameValue(around, source, own.source, 8));
  const [divisor, more] = own.matrices;
  if (common === undefined || divisor === undefined || more !== undefined || divisor.rows !== divisor.columns)
    return undefined;
  if (divisor.rows < 2 || divisor.entries.length > mostInverted) return undefined;
  const [first, ...rest] = common.matrices;
  const identity = { ...divisor, entries: divisor.entries.map((_, at) => (at % (divisor.rows + 1) === 0 ? 1 : 0)) };
  const start = first === undefined || first.rows !== divisor.rows ? identity : first;
  const others = start === first ? rest : common.matrices;
  const quotient = quotientNormAbove(divisor, start);
  return quotient === undefined
    ? undefined
    : others.reduce((norm, matrix) => above(norm * spectralNormAbove(matrix)), quotient);
}
