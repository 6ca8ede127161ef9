import { norms, type Norm } from '../bound.ts';
import { decimal, integer } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above, below, gamma } from '../rounding.ts';
import type { Gain, NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { required, requiredOutput } from './facts.ts';
import { plus, square, times, type Interval } from './interval.ts';
import { localResponseGains, type Response } from './local-response-gains.ts';

/**
 * LRN: an entry divided by a power of the squares of its channel's neighbours. Of an even number of them ONNX has one more behind; a node that was recognised says with `before` where PyTorch
 * has one more in front.
 */
export const localResponse: OperatorDefinition = {
  ops: ['LRN'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const response = responseOf(facts);
    if (!(response.bias > 0 && response.alpha >= 0 && response.beta >= 0))
      return {
        kind: 'unbounded',
        reason: 'its bias is not positive, so it divides by 0',
        remedy: 'Choose an output before this node.',
      };
    const everywhere = localResponseGains(response, required(facts, 0).shape[1]!);
    const box = ranges?.[0];
    const gains = box === undefined ? everywhere : onRegion(everywhere, sumsOnBox(response, box));
    return { kind: 'gain', input: 0, gains };
  },
  enclose(facts, [box]) {
    const response = responseOf(facts);
    const others = squaresBeside(response, box!);
    return [enclosureOf(requiredOutput(facts).shape, (i) => quotient(response, [box!.lower[i]!, box!.upper[i]!], others(i)))]; // prettier-ignore
  },
};

export function responseOf({ node }: NodeFacts): Response {
  const size = integer(node, 'size', 1);
  const before = integer(node, 'before', Math.floor((size - 1) / 2));
  return {
    alpha: decimal(node, 'alpha', 1e-4),
    beta: decimal(node, 'beta', 0.75),
    bias: decimal(node, 'bias', 1),
    size,
    before,
    behind: size - 1 - before,
  };
}

/** The other elements of the window of element i. */
function windows({ before, behind }: Response, { shape }: Enclosure): (i: number) => readonly number[] {
  const channels = shape[1]!;
  const inner = elementCount(shape.slice(2));
  return (i) => {
    const channel = Math.floor(i / inner) % channels;
    const [from, to] = [Math.max(-before, -channel), Math.min(behind, channels - 1 - channel)];
    return Array.from({ length: to - from + 1 }, (_, k) => i + (from + k) * inner).filter((at) => at !== i);
  };
}

/** bias + alpha / size times the squares of the others in the window of element i. */
function squaresBeside(response: Response, box: Enclosure): (i: number) => Interval {
  const { alpha, bias, size } = response;
  const beside = windows(response, box);
  return (i) => {
    let sum: Interval = [0, 0];
    for (const at of beside(i)) sum = plus(sum, square([box.lower[at]!, box.upper[at]!]));
    return plus(times(sum, around(alpha / size)), [bias, bias]);
  };
}

const around = (value: number): Interval => [below(value), above(value)];

/** Of a quotient by a power of a sum: an error of the base counts as often as the exponent says. */
const roundingsOf = ({ beta }: Response): number => gamma(64 + 8 * Math.ceil(beta));

/** Beyond, squares overflow. */
const huge = 1e150;

/**
 * x / (others + factor x^2)^beta rises from 0 up to x^2 = others / (factor (2 beta - 1)), for ever if beta <= 1/2, then falls; it is odd in x and falls with the others.
 */
function quotient(response: Response, [low, high]: Interval, others: Interval): Interval {
  const { alpha, beta, bias, size } = response;
  const outside = [low, high].some((end) => Number.isFinite(end) && Math.abs(end) > huge);
  if (outside || !(bias > 0 && alpha >= 0 && beta >= 0)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const roundings = roundingsOf(response);
  const factor = alpha / size;
  const at = (x: number, rest: number): number => {
    if (x === 0 || rest === Number.POSITIVE_INFINITY) return 0;
    if (Number.isFinite(x)) return x / (rest + factor * x * x) ** beta;
    return factor > 0 && beta > 0.5 ? 0 : x;
  };
  const least = others[0];
  const peak = beta > 0.5 && factor > 0 ? Math.sqrt(least / (factor * (2 * beta - 1))) : Number.POSITIVE_INFINITY;
  /** The largest value for lengths between the two. */
  const largest = (from: number, to: number): number => at(Math.min(to, Math.max(from, peak)), least);
  const smallest = (from: number, to: number): number => Math.min(at(from, others[1]), at(to, others[1]));
  const upper = high >= 0 ? largest(Math.max(0, low), high) : -smallest(-high, -low);
  const lower = low <= 0 ? -largest(Math.max(0, -high), -low) : smallest(low, high);
  return [below(lower - Math.abs(lower) * roundings), above(upper + Math.abs(upper) * roundings)];
}

/** Row and column sums of absolute entries of the Jacobian, each enclosed on the box. */
function sumsOnBox(response: Response, box: Enclosure): { readonly rows: number; readonly columns: number } {
  const { alpha, beta, size } = response;
  const factor = above(alpha / size);
  const roundings = roundingsOf(response);
  const beside = windows(response, box);
  const others = squaresBeside(response, box);
  const sums = new Float64Array(box.lower.length);
  let rows = 0;
  const largest = (i: number): number => Math.max(Math.abs(box.lower[i]!), Math.abs(box.upper[i]!));
  for (let i = 0; i < sums.length; i++) {
    const rest = others(i);
    const [low, high] = square([box.lower[i]!, box.upper[i]!]);
    const least = rest[0] + factor * low;
    const power = least ** -beta;
    // x^2 / (rest + factor x^2) rises with x^2 and falls with the rest.
    const [from, to] = [low / (rest[1] + factor * low), high / (rest[0] + factor * high)];
    const diagonal = power * Math.max(1 - 2 * beta * factor * from * (1 - roundings), 2 * beta * factor * to - 1);
    sums[i]! += diagonal;
    let row = diagonal;
    for (const at of beside(i)) {
      const entry = 2 * beta * factor * largest(i) * largest(at) * (power / least);
      row += entry;
      sums[at]! += entry;
    }
    rows = Math.max(rows, row);
  }
  const wider = (1 + roundings) * (1 + gamma(4 * size));
  return { rows: above(rows * wider), columns: above(sums.reduce((most, own) => Math.max(most, own), 0) * wider) };
}

/** Nothing is known to be attained on a region. */
function onRegion(
  everywhere: Readonly<Record<Norm, Gain>>,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Readonly<Record<Norm, Gain>> {
  const own = { l1: columns, l2: above(Math.sqrt(rows * columns)), linf: rows };
  const gains = norms.map((norm) => {
    const upper = own[norm] < everywhere[norm].upper ? own[norm] : everywhere[norm].upper;
    return [norm, { ...everywhere[norm], lower: 0, upper }] as const;
  });
  return Object.fromEntries(gains) as Record<Norm, Gain>;
}
