import { above, below, gamma } from '../rounding.ts';
import type { Gain, LipschitzRule } from './definition.ts';

/** What groups of entries are divided by the root of, and what is known of it. */
export interface Standardising {
  /** The weights of one group; others have the same. */
  readonly weight: Float64Array;
  /** centred: (x - mean) / root of variance + epsilon. plain: x / root of mean square + epsilon. */
  readonly form: 'centred' | 'plain';
  readonly epsilon: number;
  /** What the variance, or mean square, never falls below. Undefined when nothing is known of the inputs. */
  readonly spread?: number;
}

/**
 * The Jacobian of a group is diag(weight) (C - t u u') / s with s^2 = spread + epsilon, t = 1 - epsilon / s^2, u of length 1, and C = I - 11'/n, within which u lies,
 * where means are taken away, C = I where they are not. In l2, u u' only takes away: at zero spread the norm is |diag(weight) C|, which is attained. In
 * l1 and linf u u' may add, and the largest value of sqrt(1 - t) |C - t u u'| is looked for over t.
 */
export function standardisingGains(question: Standardising): LipschitzRule {
  const { epsilon, spread = 0 } = question;
  const variance = epsilon + spread;
  if (variance <= 0)
    return {
      kind: 'unbounded',
      reason: 'its epsilon is 0, so its slope grows without limit where the input is constant',
      remedy: 'Train or export with a positive epsilon.',
    };
  // Attained where the spread is 0, which only the whole space is known to hold.
  const everywhere = question.spread === undefined;
  const root = 1 / Math.sqrt(variance);
  const gain = ({ lower, upper }: Ends): Gain => ({
    lower: everywhere ? below(lower * root * (1 - gamma(8))) : 0,
    upper: above(upper * root * (1 + gamma(8))),
    method: 'closed form',
  });
  const least = Math.max(0, (spread / variance) * (1 - gamma(4)));
  const [l2, l1, linf] = [lengths(question), columns(question, least), rows(question, least)];
  return { kind: 'gain', input: 0, gains: { l1: gain(l1), l2: gain(l2), linf: gain(linf) } };
}

interface Ends {
  readonly lower: number;
  readonly upper: number;
}

const largest = (numbers: Float64Array): number => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * |diag(weight) C|: its square is the largest eigenvalue of diag(weight)^2 on vectors of sum 0, the root of the secular equation
 * sum 1 / (weight_i^2 - z) = 0 between the two largest squares.
 */
function lengths({ weight, form }: Standardising): Ends {
  const most = largest(weight);
  if (form === 'plain' || most === 0) return { lower: most, upper: most };
  if (weight.length < 2) return { lower: 0, upper: 0 };
  const squares = weight.map((value) => (value / most) ** 2).sort((one, other) => other - one);
  let [low, high] = [squares[1]!, 1];
  for (let step = 0; step < 60; step++) {
    const middle = low + (high - low) / 2;
    const side = sideOfRoot(squares, middle);
    if (side === 'unclear') {
      // The root is so near that roundings hide it: a little beside it they do not.
      for (const away of [2 ** -44, 2 ** -36, 2 ** -28]) {
        if (sideOfRoot(squares, middle * (1 + away)) === 'above') high = Math.min(high, middle * (1 + away));
        if (sideOfRoot(squares, middle * (1 - away)) === 'below') low = Math.max(low, middle * (1 - away));
      }
      break;
    }
    if (side === 'above') high = middle;
    else low = middle;
  }
  return { lower: most * below(Math.sqrt(Math.max(0, below(low)))), upper: most * above(Math.sqrt(above(high))) };
}

function sideOfRoot(squares: Float64Array, z: number): 'above' | 'below' | 'unclear' {
  // Of a difference of numbers of at most 1, each of them rounded.
  const error = 4 * 2 ** -53;
  const first = squares[0]! - z;
  let [less, more] = [0, 0];
  for (let i = 1; i < squares.length; i++) {
    const distance = z - squares[i]!;
    if (distance <= 2 * error) return 'unclear';
    less += 1 / (distance + error);
    more += 1 / (distance - error);
  }
  const terms = gamma(squares.length + 4);
  if (first > 0 && 1 / (first + error) > more * (1 + terms)) return 'above';
  return first > 2 * error && 1 / (first - error) < less * (1 - terms) ? 'below' : 'unclear';
}

/** Rows of C - t u u' have the weight of their entry as a factor. */
function rows({ weight, form }: Standardising, least: number): Ends {
  const most = largest(weight);
  const { start, upper } = unweighted(weight.length, form, least);
  return { lower: most * start, upper: above(most * upper) };
}

/**
 * Column j at t = 0 sums to c = w_j (1 - 1/n) + sum of the other w_i / n, or to w_j; u u' adds at most
 * t (|u_j| sum of w_i |u_i| - w_j u_j^2) <= t (|w| - w_j) / 2, for the lengths of u beside j and at j are sine and cosine of an angle.
 */
function columns({ weight, form }: Standardising, least: number): Ends {
  const n = weight.length;
  const sizes = weight.map(Math.abs);
  const sum = sizes.reduce((total, value) => total + value, 0);
  const length = Math.sqrt(sizes.reduce((total, value) => total + value ** 2, 0)) * (1 + gamma(n + 8));
  let [lower, upper] = [0, 0];
  for (const own of sizes) {
    const start = form === 'plain' ? own : own * (1 - 1 / n) + (sum - own) / n;
    lower = Math.max(lower, start);
    upper = Math.max(upper, rising(start, Math.max(0, (length - own) / 2), least));
  }
  const error = gamma(n + 16);
  const all = largest(weight) * unweighted(n, form, least).upper;
  return { lower: lower * (1 - error), upper: above(Math.min(upper * (1 + error), all)) };
}

/** The largest sqrt((1 - t) / (1 - least)) (start + t more), least <= t <= 1. */
function rising(start: number, more: number, least: number): number {
  const at = (t: number): number => Math.sqrt((1 - t) / (1 - least)) * (start + t * more);
  // The end of the rise, where it lies inside.
  const peak = more > 0 ? (2 - start / more) / 3 : 0;
  return (1 - least > 2 ** -40 ? at(Math.min(1, Math.max(least, peak))) : start + more) * (1 + gamma(32));
}

/** Row sums of |C - t u u'| without weights: at t = 0, and the largest with the factor of t. */
function unweighted(
  n: number,
  form: Standardising['form'],
  least: number,
): { readonly start: number; readonly upper: number } {
  if (form === 'plain') return { start: 1, upper: rising(1, (Math.sqrt(n) - 1) / 2, least) };
  const start = 2 * (1 - 1 / n);
  return { start: start * (1 - gamma(4)), upper: Math.max(start, beyondStart(n, least)) * (1 + gamma(32)) };
}

const pieces = 4096;

/**
 * With b = u_i^2 the entries p_j of row i beside the diagonal have a sum (1 - 1/n) - t b and a known sum of squares; by Cauchy and Schwarz
 * the row sums to at most 1 - 1/n - t b + sqrt((n - 1) sum of squares), whose largest value over b is 2 (1 - 1/n) up to t = 4/n, and from
 * there on 1 - t/2 + sqrt(1 - t + n t^2 / 4). The first factor falls with t, the second is convex under its root: so on every piece of t
 * their values at the ends say enough.
 */
function beyondStart(n: number, least: number): number {
  const from = Math.max(least, 4 / n);
  if (from >= 1) return 0;
  const square = (t: number): number => 1 - t + (n * t * t) / 4;
  let most = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const [a, b] = [from + ((1 - from) * piece) / pieces, from + ((1 - from) * (piece + 1)) / pieces];
    const factor = Math.min(1, Math.sqrt((1 - a) / (1 - least)));
    most = Math.max(most, factor * (1 - a / 2 + Math.sqrt(Math.max(square(a), square(b)))));
  }
  return most * (1 + 2 ** -40);
}
