import { integer, type Network, type Node } from '../network/network.ts';
import { numbersOf, tensorOfNumbers, type Shape, type Tensor } from '../network/tensor.ts';
import { stepsAttribute, type ScoreStep } from '../operators/attention-scores.ts';
import { broadcastShape, broadcastSource } from '../operators/broadcast.ts';
import { recognise, scalarOf, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * MatMul, scales and masks in any order, Softmax and MatMul of three tensors that all depend on the input: dot-product attention. As one node it is shown as
 * what it is, and bounded as a whole: shares sum to 1, which its parts do not know of each other.
 */
export const recogniseAttention = (network: Network): Network => recognise(network, 'MatMul', matchAttention);

function matchAttention(product: Node, around: Surroundings): Recognised | undefined {
  const { network, made } = around;
  const softmax = made(product.inputs[0], 'Softmax');
  const shape = network.types.get(softmax?.inputs[0] ?? '')?.shape;
  if (softmax === undefined || shape === undefined || !overLast(network, softmax, shape)) return undefined;
  const steps = stepsBefore(around, softmax.inputs[0]!, shape);
  const dots = made(steps[0]?.from ?? softmax.inputs[0], 'MatMul');
  if (dots === undefined || !leaveSomething(steps)) return undefined;
  const inputs = [...dots.inputs, product.inputs[1]!];
  const shapes = inputs.map((name) => (network.constants.has(name) ? undefined : network.types.get(name)?.shape));
  if (!matches(shapes, shape)) return undefined;
  const as: Node = {
    ...product,
    op: 'DotProductAttention',
    inputs: [...inputs, ...steps.map(({ constant }) => constant.name)],
    attributes: new Map([stepsAttribute(steps.map(({ kind }) => kind))]),
  };
  const constants = steps.flatMap(({ constant }) =>
    network.constants.has(constant.name) ? [] : [[constant.name, constant] as const],
  );
  return { as, last: product, inner: [softmax, ...steps.map(({ node }) => node), dots], constants };
}

interface Step {
  readonly node: Node;
  /** The tensor that it changes. */
  readonly from: string;
  readonly kind: ScoreStep;
  readonly constant: Tensor;
}

/** From the products on. */
function stepsBefore(around: Surroundings, scores: string, shape: Shape): readonly Step[] {
  const step = scaling(around, scores) ?? addedMask(around, scores, shape) ?? chosenMask(around, scores, shape);
  return step === undefined ? [] : [...stepsBefore(around, step.from, shape), step];
}

/** Of a row of which nothing is left every runtime makes NaN; and what is hidden would come back by a scale that is not positive. */
function leaveSomething(steps: readonly Step[]): boolean {
  const masks = steps.filter(({ kind }) => kind === 'added' || kind === 'instead');
  const first = steps.findIndex((step) => masks.includes(step));
  const scales = steps.filter((step, at) => at > first && first >= 0 && !masks.includes(step));
  if (scales.some(({ constant }) => !(numbersOf(constant)[0]! > 0))) return false;
  const shape = broadcastShape(masks.map(({ constant }) => constant.shape));
  const left = broadcastSource([], shape).map(() => 1);
  for (const { kind, constant } of masks) {
    const numbers = numbersOf(constant);
    broadcastSource(constant.shape, shape).forEach((from, i) => {
      const number = numbers[from]!;
      // A number in the place of a score stands there whatever was hidden before.
      if (kind === 'added' ? number === Number.NEGATIVE_INFINITY : number !== 0)
        left[i] = number === Number.NEGATIVE_INFINITY ? 0 : 1;
    });
  }
  return rowsOf(left, shape.at(-1) ?? 1).every((row) => row.some((one) => one !== 0));
}

const rowsOf = (numbers: Int32Array, columns: number): Int32Array[] =>
  Array.from({ length: numbers.length / columns }, (_, row) => numbers.subarray(row * columns, (row + 1) * columns));

function addedMask({ network, made }: Surroundings, scores: string, shape: Shape): Step | undefined {
  const node = made(scores, 'Add');
  const constant = network.constants.get(node?.inputs.find((input) => network.constants.has(input)) ?? '');
  if (node === undefined || constant === undefined || constant.shape.length > shape.length) return undefined;
  // Infinity would leave NaN; that NaN is one is said of the sum.
  if (!numbersOf(constant).every((value) => value < Number.POSITIVE_INFINITY)) return undefined;
  return { node, from: node.inputs.find((input) => input !== constant.name)!, kind: 'added', constant };
}

/** Where(condition, number, scores), or the other way round, as masked_fill is written. */
function chosenMask({ network, made }: Surroundings, scores: string, shape: Shape): Step | undefined {
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
  const constant = tensorOfNumbers(`${node.id}/mask`, condition.shape, hidden, 'float64');
  return { node, from: side === 0 ? second : first, kind: 'instead', constant };
}

/** Before operator set 13 all axes from the given one on form a group. */
const overLast = (network: Network, softmax: Node, shape: Shape): boolean => {
  const axis = integer(softmax, 'axis', network.opset < 13 ? 1 : -1);
  return axis === -1 || axis === shape.length - 1;
};

function scaling({ network, made }: Surroundings, scores: string): Step | undefined {
  const node = made(scores, 'Mul', 'Div');
  const found = withScalar(network, node);
  if (node === undefined || found === undefined || (node.op === 'Div' && found.tensor !== node.inputs[0]))
    return undefined;
  const constant = network.constants.get(node.inputs.find((input) => input !== found.tensor)!)!;
  const divides = node.op === 'Div';
  if (!Number.isFinite(found.scalar) || (divides && found.scalar === 0)) return undefined;
  return { node, from: found.tensor, kind: divides ? 'over' : 'times', constant };
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
