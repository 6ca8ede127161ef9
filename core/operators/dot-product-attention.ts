import { askForRegion } from './ask-for-region.ts';
import type { Norm } from '../bound.ts';
import { nodeOf } from '../network/new-node.ts';
import { elementCount, type Shape, type TensorType } from '../network/tensor.ts';
import { above, gamma } from '../rounding.ts';
import { numbersInstead, scaleOf, scoresFrom } from './attention-scores.ts';
import { encloseMatrixProduct } from './bilinear.ts';
import type { CentredStep, IntervalEntries } from './centred/centred-step.ts';
import { matrixProductParts } from './centred/products.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { around, concatenated, mixtures } from './ellipsoids.ts';
import type { Enclosure } from './enclosure.ts';
import { required, requiredOutput } from './facts.ts';
import { magnitude, minus, times, type Interval } from './interval.ts';
import { sharesAround, softmax } from './softmax.ts';

/**
 * Softmax(scores) V in one node, which is how written-out attention is shown and bounded; inputs Q, K (transposed already), V and what its steps from the products Q K to
 * the scores need. It only stands in the network that is analysed.
 */
export const dotProductAttention: OperatorDefinition = {
  ops: ['DotProductAttention'],
  kind: () => 'attention',
  infer(facts) {
    const [queries, values] = [required(facts, 0), required(facts, 2)];
    return [{ type: queries.type, shape: [...queries.shape.slice(0, -1), values.shape.at(-1)!] }];
  },
  rule(facts, ranges) {
    const [queries, keys, values] = ranges ?? [];
    if (!isFinite(queries) || !isFinite(keys) || !isFinite(values))
      return {
        kind: 'unbounded',
        reason:
          'dot-product attention multiplies tensors that all depend on the input, so its slope grows with the input',
        remedy: askForRegion,
      };
    return joined(facts, queries, keys, values);
  },
  enclose(facts, [queries, keys, values]) {
    if (queries === undefined || keys === undefined || values === undefined) return [];
    const mixed = mixtureOf(facts, sharesOf(facts, queries, keys), values);
    const { ellipsoids } = values;
    if (ellipsoids === undefined) return [mixed];
    const rows = queries.shape.at(-2)!;
    const each = headsOf(queries).map((h) => mixtures(ellipsoids, vectorsOf(values, h), rows));
    return [{ ...mixed, ellipsoids: concatenated(each) }];
  },
};

const headsOf = ({ shape }: Enclosure): readonly number[] => [...new Array(elementCount(shape.slice(0, -2))).keys()];

/** The elements of the rows of one head. */
function vectorsOf({ shape }: Enclosure, head: number): readonly (readonly number[])[] {
  const [rows, size] = shape.slice(-2) as [number, number];
  return Array.from({ length: rows }, (_, i) => Array.from({ length: size }, (_v, a) => (head * rows + i) * size + a));
}

/** The elements of its columns, which is how keys come. */
function columnsOf({ shape }: Enclosure, head: number): readonly (readonly number[])[] {
  const [size, columns] = shape.slice(-2) as [number, number];
  return Array.from({ length: columns }, (_, j) => Array.from({ length: size }, (_v, a) => (head * size + a) * columns + j)); // prettier-ignore
}

/** Rows of values mixed by shares that sum to 1. */
export function mixtureOf(facts: NodeFacts, shares: Enclosure, values: Enclosure): Enclosure {
  const { shape } = requiredOutput(facts);
  return insideHull(
    encloseMatrixProduct(matMulFacts(facts, shares.shape, values.shape, shape), [shares, values]),
    values,
  );
}

/** What the scores give every key. */
export const sharesBy = (facts: NodeFacts, scores: Enclosure): Enclosure =>
  softmax.enclose!(softmaxFacts(facts, scores.shape), [scores])[0]!;

export const isFinite = (box: Enclosure | undefined): box is Enclosure =>
  box !== undefined && box.lower.every(Number.isFinite) && box.upper.every(Number.isFinite);

/**
 * With p a row of shares and o its mixture of values, the output moves by
 *   sum_j p_j dv_j  +  factor sum_j p_j (v_j - o) (dq.k_j + q.dk_j).
 * The first sum is a matrix with rows of sum 1 and columns of sum at most c. The second is a covariance of values and keys under p for dq,
 * at most the product of their standard deviations, each at most half the width of the box (Popoviciu); for dk, by Cauchy-Schwarz, the
 * length of q times the deviation of the values times the root of sum p_j |dk_j|^2. Everything per head, so the largest head counts.
 */
function joined(facts: NodeFacts, queries: Enclosure, keys: Enclosure, values: Enclosure): LipschitzRule {
  const { factor, inflate, heads } = attentionSpread(facts, queries, keys, values);
  const rows = queries.shape.at(-2)!;
  const coefficients = heads.map(
    ({ column, query, queryLength, ofKeys, ofValues, keyDeviation, valueDeviation }) =>
      ({
        l2: [
          factor * valueDeviation * keyDeviation,
          Math.sqrt(column) * factor * queryLength * valueDeviation,
          Math.sqrt(column),
        ],
        linf: [factor * most(ofValues) * sum(ofKeys), factor * query.l1 * most(ofValues), 1],
        // p (1 - p) is at most 1/4, for every row.
        l1: [factor * sum(ofValues) * most(ofKeys), (factor * query.linf * 2 * sum(ofValues) * rows) / 4, column],
      }) as const satisfies Record<Norm, readonly number[]>,
  );
  const at = (norm: Norm, k: number): number => most(coefficients.map((own) => own[norm][k]!));
  return {
    kind: 'join',
    inputs: [0, 1, 2],
    combine: (norm, constants) =>
      above(constants.reduce((total, constant, k) => total + at(norm, k) * constant, 0) * inflate),
    centred: () => stepsAround(facts, queries, keys, values),
  };
}

/** How far queries, keys and values of a head lie apart, and how much of them a key gets. */
interface HeadSpread {
  /** The largest sum of the shares of one key, over all queries. */
  readonly column: number;
  readonly query: Record<Norm, number>;
  readonly queryLength: number;
  /** Half the widths of the box of all keys, and of all values, entry by entry. */
  readonly ofKeys: Float64Array;
  readonly ofValues: Float64Array;
  /** No standard deviation of keys along a unit vector, and none of values, is larger, whatever the shares. */
  readonly keyDeviation: number;
  readonly valueDeviation: number;
}

/** What bounds of attention rest on; `inflate` is more than what rounding of these sums takes away. */
export function attentionSpread(
  facts: NodeFacts,
  queries: Enclosure,
  keys: Enclosure,
  values: Enclosure,
): { readonly factor: number; readonly inflate: number; readonly heads: readonly HeadSpread[] } {
  const [rows, size] = queries.shape.slice(-2) as [number, number];
  const [columns, width] = values.shape.slice(-2) as [number, number];
  const shares = sharesOf(facts, queries, keys);
  const numbers = numbersInstead(facts, shares.shape) !== undefined;
  // With respect to queries, a key in whose place a number stands counts as 0.
  const start = numbers ? ([0, 0] as const) : nothing;
  const heads = Array.from({ length: elementCount(queries.shape.slice(0, -2)) }, (_, h): HeadSpread => {
    const ofKeys = halfWidths(size, columns, (a, j) => (h * size + a) * columns + j, keys, start);
    const ofValues = halfWidths(width, columns, (c, j) => (h * columns + j) * width + c, values, nothing);
    const query = largestRow(queries, h, rows, size);
    // Nothing deviates further from its mean than, in the mean of squares, from any other point: the centre of the ellipsoids.
    const keyBall = around(keys, columnsOf(keys, h));
    const keySpread = keyBall === undefined ? Infinity : numbers ? Math.max(keyBall.distance, keyBall.centre) : keyBall.distance; // prettier-ignore
    const keyDeviation = Math.min(length(ofKeys), keySpread);
    const valueDeviation = Math.min(length(ofValues), around(values, vectorsOf(values, h))?.distance ?? Infinity);
    const queryBall = around(queries, vectorsOf(queries, h));
    const queryLength = Math.min(query.l2, queryBall === undefined ? Infinity : queryBall.centre + queryBall.distance);
    const column = largestColumn(shares, h, rows, columns);
    return { column, query, queryLength, ofKeys, ofValues, keyDeviation, valueDeviation };
  });
  const factor = magnitude(scaleOf(facts));
  return { factor, inflate: 1 + gamma(size * columns + width + rows + 64), heads };
}

/** Scores (before any mask), shares, mixtures. A key that is hidden, or in whose place a number stands, has no share in what its score does. */
function stepsAround(
  facts: NodeFacts,
  queries: Enclosure,
  keys: Enclosure,
  values: Enclosure,
): readonly CentredStep[] | undefined {
  const shape = scoreShape(queries, keys);
  const scale = scaleOf(facts);
  const scaled = (entries: IntervalEntries): IntervalEntries => {
    const all = Array.from(entries.lower, (low, i) => times([low, entries.upper[i]!], scale));
    return { lower: Float64Array.from(all, ([low]) => low), upper: Float64Array.from(all, ([, high]) => high) };
  };
  const batch = shape.slice(0, -2);
  const scores: CentredStep = {
    size: elementCount(shape),
    parts: matrixProductParts([{ input: 0 }, { input: 1 }], [queries, keys], batch, scaled),
    enclose: ([q, k]) => ({ shape, ...scaled(productsOf(facts, q!, k!)) }),
  };
  const instead = numbersInstead(facts, shape);
  const moves = (place: number): boolean => instead?.(place) !== true;
  const parts = sharesAround(softmaxFacts(facts, shape), scoresOf(facts, queries, keys), { step: 0 }, moves);
  if (parts === undefined) return undefined;
  const shares = sharesOf(facts, queries, keys);
  // Changes of a row of shares sum to 0: a number that all values have in common does not count.
  const size = elementCount(requiredOutput(facts).shape);
  const mixed = matrixProductParts([{ step: 1 }, { input: 2 }], [shares, withoutMiddle(values)], batch);
  return [scores, { size: elementCount(shape), parts, enclose: ([q, k]) => sharesOf(facts, q!, k!) }, { size, parts: mixed }]; // prettier-ignore
}

/** Entry by entry of a value, less the middle of all values of its head. */
function withoutMiddle(values: Enclosure): Enclosure {
  const [count, width] = values.shape.slice(-2) as [number, number];
  const [lower, upper] = [values.lower.slice(), values.upper.slice()];
  for (const head of headsOf(values))
    for (let c = 0; c < width; c++) {
      const places = Array.from({ length: count }, (_, j) => (head * count + j) * width + c);
      const low = places.reduce((least, at) => Math.min(least, values.lower[at]!), Number.POSITIVE_INFINITY);
      const high = places.reduce((so, at) => Math.max(so, values.upper[at]!), Number.NEGATIVE_INFINITY);
      const middle = low + (high - low) / 2;
      for (const at of places) [lower[at], upper[at]] = minus([lower[at]!, upper[at]!], [middle, middle]) as [number, number]; // prettier-ignore
    }
  return { shape: values.shape, lower, upper };
}

/** The hull of no numbers. */
const nothing: Interval = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);
const most = (values: ArrayLike<number>): number => Array.from(values).reduce((so, value) => Math.max(so, value), 0);
const length = (values: ArrayLike<number>): number => Math.sqrt(sum(Array.from(values, (value) => value * value)));

function halfWidths(
  entries: number,
  members: number,
  place: (entry: number, member: number) => number,
  { lower, upper }: Enclosure,
  start: Interval,
): Float64Array {
  return Float64Array.from({ length: entries }, (_, entry) => {
    let [low, high] = start;
    for (let k = 0; k < members; k++) {
      low = Math.min(low, lower[place(entry, k)]!);
      high = Math.max(high, upper[place(entry, k)]!);
    }
    return above(high - low) / 2;
  });
}

function largestRow({ lower, upper }: Enclosure, head: number, rows: number, size: number): Record<Norm, number> {
  const row = (i: number): Float64Array =>
    Float64Array.from({ length: size }, (_, a) => {
      const at = (head * rows + i) * size + a;
      return Math.max(Math.abs(lower[at]!), Math.abs(upper[at]!));
    });
  const all = Array.from({ length: rows }, (_, i) => row(i));
  return { l1: most(all.map(sum)), l2: most(all.map(length)), linf: most(all.map(most)) };
}

/** The largest sum of the shares that one key has, over all queries of a head. */
function largestColumn({ upper }: Enclosure, head: number, rows: number, columns: number): number {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) sums[j]! += Math.min(1, upper[(head * rows + i) * columns + j]!);
  return Math.min(rows, most(sums));
}

/** The shares of the keys, enclosed. */
function sharesOf(facts: NodeFacts, queries: Enclosure, keys: Enclosure): Enclosure {
  return sharesBy(facts, scoresOf(facts, queries, keys));
}

const scoreShape = (queries: Enclosure, keys: Enclosure): Shape => [...queries.shape.slice(0, -1), keys.shape.at(-1)!];

const productsOf = (facts: NodeFacts, queries: Enclosure, keys: Enclosure): Enclosure =>
  encloseMatrixProduct(matMulFacts(facts, queries.shape, keys.shape, scoreShape(queries, keys)), [queries, keys]);

const scoresOf = (facts: NodeFacts, queries: Enclosure, keys: Enclosure): Enclosure =>
  scoresFrom(facts, productsOf(facts, queries, keys));

/** A mixture lies between the least and the largest of what is mixed. */
function insideHull(mixed: Enclosure, values: Enclosure): Enclosure {
  const [columns, width] = values.shape.slice(-2) as [number, number];
  const rows = mixed.shape.at(-2)!;
  const { lower, upper } = mixed;
  for (let h = 0; h < elementCount(mixed.shape.slice(0, -2)); h++)
    for (let c = 0; c < width; c++) {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let j = 0; j < columns; j++) {
        low = Math.min(low, values.lower[(h * columns + j) * width + c]!);
        high = Math.max(high, values.upper[(h * columns + j) * width + c]!);
      }
      for (let i = 0; i < rows; i++) {
        const at = (h * rows + i) * width + c;
        lower[at] = Math.max(lower[at]!, low);
        upper[at] = Math.min(upper[at]!, high);
      }
    }
  return mixed;
}

const floating = (shape: Shape): TensorType => ({ type: 'float32', shape });

/** The facts of one of the nodes that the attention was written in. */
const partFacts = (facts: NodeFacts, node: NodeFacts['node'], inputs: readonly Shape[], output: Shape): NodeFacts => ({
  node,
  opset: facts.opset,
  input: (index) => (inputs[index] === undefined ? undefined : floating(inputs[index])),
  output: () => floating(output),
  constant: () => undefined,
});

const matMulFacts = (facts: NodeFacts, left: Shape, right: Shape, output: Shape): NodeFacts =>
  partFacts(facts, nodeOf('MatMul', facts.node.id, ['a', 'b'], ['c']), [left, right], output);

const softmaxFacts = (facts: NodeFacts, shape: Shape): NodeFacts =>
  partFacts(facts, nodeOf('Softmax', facts.node.id, ['a'], ['b'], { axis: shape.length - 1 }), [shape], shape);
