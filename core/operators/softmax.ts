import { integer } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above, below } from '../rounding.ts';
import type { CentredPart } from './centred/centred-step.ts';
import { softmaxPart } from './centred/softmax-part.ts';
import type { Gain, NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { positiveAxis, required } from './facts.ts';

const gain = (lower: number, upper: number): Gain => ({ lower, upper, method: 'closed form' });

/** Softmax: its Jacobian diag(p) - p p' has norm at most 1/2 in l1, l2 and linf, attained at two equal entries. */
export const softmax: OperatorDefinition = {
  ops: ['Softmax'],
  kind: () => 'activation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const size = groupOf(facts).size;
    const half = size < 2 ? gain(0, 0) : gain(0.5, 0.5);
    const rule = { kind: 'gain', input: 0, gains: { l1: half, l2: half, linf: half } } as const;
    const box = ranges?.[0];
    return box === undefined
      ? rule
      : {
          ...rule,
          centred: () => {
            const parts = sharesAround(facts, box);
            return parts && [{ size: box.lower.length, parts }];
          },
        };
  },
  enclose: (facts, [box]) => [encloseGroups(facts, box!, share, [0, 1])],
};

/** LogSoftmax: I - 1 p' has norm at most sqrt(n), n - 1 (1 at n = 2) and 2 in l2, l1 and linf. */
export const logSoftmax: OperatorDefinition = {
  ops: ['LogSoftmax'],
  kind: () => 'activation',
  infer: (facts) => [required(facts, 0)],
  rule(facts) {
    const size = groupOf(facts).size;
    if (size < 2) return { kind: 'gain', input: 0, gains: { l1: gain(0, 0), l2: gain(0, 0), linf: gain(0, 0) } };
    return {
      kind: 'gain',
      input: 0,
      gains: { l1: gain(0, Math.max(1, size - 1)), l2: gain(0, above(Math.sqrt(size))), linf: gain(0, 2) },
    };
  },
  enclose: (facts, [box]) => [encloseGroups(facts, box!, (rest) => -softplus(rest), [Number.NEGATIVE_INFINITY, 0])],
};

/** Entries of the matrices of all groups. */
const mostEntries = 4e6;

/** How shares change with the scores in a box; those that do not move stand for numbers. */
export function sharesAround(
  facts: NodeFacts,
  box: Enclosure,
  from: CentredPart['from'] = { input: 0 },
  moves: (place: number) => boolean = () => true,
): readonly CentredPart[] | undefined {
  const { size, inner } = groupOf(facts);
  const count = box.lower.length;
  if (count * size > mostEntries || box.upper.some((high) => high === Number.POSITIVE_INFINITY)) return undefined;
  const shares = encloseGroups(facts, box, share, [0, 1]);
  const places = Int32Array.from({ length: count }, (_, at) => {
    const [group, k] = [Math.floor(at / size), at % size];
    return Math.floor(group / inner) * size * inner + (group % inner) + k * inner;
  });
  return [softmaxPart(from, shares, places, size, moves)];
}

interface Group {
  readonly size: number;
  readonly inner: number;
}

/** Before opset 13 all axes from `axis` on form one group; since then only `axis` itself. */
function groupOf(facts: NodeFacts): Group {
  const shape: Shape = required(facts, 0).shape;
  const axis = positiveAxis(integer(facts.node, 'axis', facts.opset < 13 ? 1 : -1), shape.length);
  if (facts.opset < 13) return { size: elementCount(shape.slice(axis)), inner: 1 };
  return { size: shape[axis] ?? 1, inner: elementCount(shape.slice(axis + 1)) };
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const share = (rest: number): number => 1 / (1 + Math.exp(rest));

/**
 * Each output grows with its own entry and falls with every other one, so the extremes lie at corners of the box. `output` falls with
 * the log of the sum of the exponentials of the others, less the own entry. An entry that a mask hides (-Infinity) has the share 0.
 */
function encloseGroups(
  facts: NodeFacts,
  box: Enclosure,
  output: (rest: number) => number,
  limits: readonly [number, number],
): Enclosure {
  const { size, inner } = groupOf(facts);
  const { lower, upper } = box;
  const [low, high] = [new Float64Array(lower.length), new Float64Array(upper.length)];
  // A sum of n exponentials and its logarithm err by some n units of the logits; what is made of them by a few units.
  const error = (own: number, others: number): number => (size + 16) * 2 ** -50 * (1 + finite(own) + finite(others));
  for (let start = 0; start < lower.length; start += size * inner)
    for (let first = start; first < start + inner; first++) {
      const places = Array.from({ length: size }, (_, k) => first + k * inner);
      const most = sumsOfOthers(places.map((at) => upper[at]!));
      const least = sumsOfOthers(places.map((at) => lower[at]!));
      places.forEach((at, k) => {
        const [ownLow, ownHigh] = [lower[at]!, upper[at]!];
        low[at] = output(most[k]! - ownLow + error(ownLow, most[k]!));
        high[at] = output(least[k]! - ownHigh - error(ownHigh, least[k]!));
      });
    }
  return enclosureOf(box.shape, (i) => [
    Number.isNaN(low[i]!) ? limits[0] : Math.max(limits[0], below(low[i]! - slackOf(low[i]!))),
    Number.isNaN(high[i]!) ? limits[1] : Math.min(limits[1], above(high[i]! + slackOf(high[i]!))),
  ]);
}

/** Of the last operations; a share may underflow to 0 before it is one. */
const slackOf = (value: number): number => 2 ** -48 * Math.abs(value) + 1e-300;

const finite = (value: number): number => (Number.isFinite(value) ? Math.abs(value) : 0);

/** For every entry: log of the sum of exp over all others, by sums from the left and from the right, which cannot cancel. */
function sumsOfOthers(logits: readonly number[]): Float64Array {
  const before = new Float64Array(logits.length);
  let sum = Number.NEGATIVE_INFINITY;
  logits.forEach((logit, k) => {
    before[k] = sum;
    sum = logSum(sum, logit);
  });
  sum = Number.NEGATIVE_INFINITY;
  for (let k = logits.length - 1; k >= 0; k--) {
    before[k] = logSum(before[k]!, sum);
    sum = logSum(sum, logits[k]!);
  }
  return before;
}

/** log(exp(a) + exp(b)). */
function logSum(a: number, b: number): number {
  const [less, more] = a < b ? [a, b] : [b, a];
  return less === Number.NEGATIVE_INFINITY ? more : more + Math.log1p(Math.exp(less - more));
}
