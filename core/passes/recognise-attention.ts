import { integer, type Attribute, type Network, type Node } from '../network/network.ts';
import { numbersOf, tensorOfNumbers, type Shape, type Tensor } from '../network/tensor.ts';
import { broadcastShape, broadcastSource } from '../operators/broadcast.ts';
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
  const mask = maskBefore(around, scores, shape);
  if (mask !== undefined) {
    inner.push(...mask.nodes);
    scores = mask.scores;
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
    inputs: mask === undefined ? inputs : [...inputs, mask.name],
    attributes: new Map(
      mask === undefined ? attributes : [...attributes, ['mask', { kind: 'string', value: mask.kind }]],
    ),
  };
  return { as, last: product, inner, ...(mask?.made === undefined ? {} : { constants: [[mask.name, mask.made]] }) };
}

interface Mask {
  readonly nodes: readonly Node[];
  readonly scores: string;
  readonly name: string;
  /** added: to the scores, -Infinity hides. instead: where it is not 0 it stands in place of the score. */
  readonly kind: 'added' | 'instead';
  readonly made?: Tensor;
}

/** One mask, or two of which both are added: what is hidden in either is hidden. */
function maskBefore(around: Surroundings, scores: string, shape: Shape): Mask | undefined {
  const maskAt = (name: string): Mask | undefined => addedMask(around, name, shape) ?? chosenMask(around, name, shape);
  const last = maskAt(scores);
  const first = last === undefined ? undefined : maskAt(last.scores);
  if (last === undefined || first === undefined) return last;
  const [one, two] = [first, last].map(({ name, made }) => made ?? around.network.constants.get(name)!) as [Tensor, Tensor]; // prettier-ignore
  const sum = first.kind === 'added' && last.kind === 'added' ? exactSum(one, two) : undefined;
  if (sum === undefined) return undefined;
  const name = `${last.nodes[0]!.id}/masks`;
  const made = tensorOfNumbers(name, sum.shape, sum.numbers, 'float64');
  return { nodes: [...last.nodes, ...first.nodes], scores: first.scores, name, kind: 'added', made };
}

/** undefined where a sum would be rounded, or leaves nothing of a row. */
function exactSum(one: Tensor, two: Tensor): { readonly shape: Shape; readonly numbers: Float64Array } | undefined {
  const shape = broadcastShape([one.shape, two.shape]);
  const [a, b] = [one, two].map((tensor) => {
    const numbers = numbersOf(tensor);
    return Float64Array.from(broadcastSource(tensor.shape, shape), (from) => numbers[from]!);
  }) as [Float64Array, Float64Array];
  const numbers = a.map((value, i) => value + b[i]!);
  const exact = numbers.every(
    (sum, i) =>
      (sum === Number.NEGATIVE_INFINITY && (a[i] === sum || b[i] === sum)) ||
      (sum - a[i]! === b[i] && sum - b[i] === a[i]),
  );
  const hidden = rowsOf(numbers, shape.at(-1) ?? 1).some((row) => row.every((own) => own === Number.NEGATIVE_INFINITY));
  return exact && !hidden ? { shape, numbers } : undefined;
}

function addedMask({ network, made }: Surroundings, scores: string, shape: Shape): Mask | undefined {
  const node = made(scores, 'Add');
  const name = node?.inputs.find((input) => network.constants.has(input));
  if (node === undefined || name === undefined || network.constants.get(name)!.shape.length > shape.length)
    return undefined;
  return { nodes: [node], scores: node.inputs.find((input) => input !== name)!, name, kind: 'added' };
}

/** Where(condition, number, scores), or the other way round, as masked_fill is written. */
function chosenMask({ network, made }: Surroundings, scores: string, shape: Shape): Mask | undefined {
  const node = made(scores, 'Where');
  const condition = network.constants.get(node?.inputs[0] ?? '');
  if (node === undefined || condition === undefined || condition.shape.length > shape.length) return undefined;
  const [, first, second] = node.inputs as readonly [string, string, string];
  const filled = [scalarOf(network, first), scalarOf(network, second)];
  const side = filled[0] === undefined ? 1 : 0;
  const value = filled[side];
  // A number of 0 could not be told from what stays.
  if (value === undefined || filled[1 - side] !== undefined || value === 0 || Number.isNaN(value) || value === Infinity)
    return undefined;
  const hidden = numbersOf(condition).map((chosen) => ((chosen !== 0) === (side === 0) ? value : 0));
  const columns = condition.shape.at(-1) ?? 1;
  // Of a row of which nothing is left every runtime makes NaN.
  if (value === -Infinity && rowsOf(hidden, columns).some((row) => row.every((one) => one !== 0))) return undefined;
  const name = `${node.id}/mask`;
  return {
    nodes: [node],
    scores: side === 0 ? second : first,
    name,
    kind: value === -Infinity ? 'added' : 'instead',
    made: tensorOfNumbers(name, condition.shape, hidden, 'float64'),
  };
}

const rowsOf = (numbers: Float64Array, columns: number): Float64Array[] =>
  Array.from({ length: numbers.length / columns }, (_, row) => numbers.subarray(row * columns, (row + 1) * columns));

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
