import { above, below, tiny } from '../rounding.ts';
import type { Interval } from './interval.ts';

/**
 * A function of one number, as far as bounds need to know it. Between two neighbouring `turns` the value is monotone, between two
 * neighbouring `bends` the derivative is; so the extremes over an interval lie at its ends or at one of these points inside.
 */
export interface ActivationFunction {
  readonly value: (x: number) => number;
  /** At a kink: the one-sided derivative from that side. */
  readonly derivative: (x: number, side: 'left' | 'right') => number;
  readonly turns: readonly number[];
  readonly bends: readonly number[];
  /** Least and largest slope on the whole line, rounded outward; Infinity where there is none. */
  readonly slopes: Interval;
  /** It is not continuous: no region bounds its slope. */
  readonly jumps?: true;
  /** Where it is defined; [-Infinity, Infinity] for most. */
  readonly domain?: Interval;
  /** The same function left of a pole, where it has one. */
  readonly left?: ActivationFunction;
  /** All its values: also those of boxes that reach beyond the domain. */
  readonly values?: Interval;
  /** Its limits at -Infinity and Infinity, where `value` cannot compute them. */
  readonly limits?: Interval;
  /** The same of its derivative. */
  readonly slopeLimits?: Interval;
  /** Relative error of `value` and `derivative` as computed; a few units by default. */
  readonly error?: number;
  /** Second and third derivatives, of functions that have them everywhere. */
  readonly curvature?: Curvature;
  /** Absolute error on top of it, where one of them is a difference that may cancel. */
  readonly cancellation?: number;
}

export interface Curvature {
  readonly second: (x: number) => number;
  readonly third: (x: number) => number;
  /** The largest size of the second derivative anywhere. */
  readonly largest: number;
  /** Between two neighbouring ones the second derivative is monotone. */
  readonly bends: readonly number[];
  /** Between two neighbouring ones the third derivative is. */
  readonly turns: readonly number[];
}

/** What Relu, Clip and Abs compute is exact; everything else is widened by its error. */
const defaultError = 2 ** -49;

/** Around all of the computed numbers and their errors. A number that could not be computed may be any. */
function hull({ error = defaultError, cancellation = 0 }: ActivationFunction, numbers: readonly number[]): Interval {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (Number.isNaN(number)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const slack = Number.isFinite(number) ? error * Math.abs(number) + cancellation : 0;
    low = Math.min(low, slack === 0 ? number : below(number - slack));
    high = Math.max(high, slack === 0 ? number : above(number + slack));
  }
  // What overflows is larger than every double, but no infinity.
  if (low === Number.POSITIVE_INFINITY) low = Number.MAX_VALUE;
  if (high === Number.NEGATIVE_INFINITY) high = -Number.MAX_VALUE;
  return error === 0 ? [low, high] : [low === 0 ? -tiny : low, high === 0 ? tiny : high];
}

/** All values on the interval. */
export function imageOf(f: ActivationFunction, [low, high]: Interval): Interval {
  const { limits, values } = f;
  const valueAt = (x: number): number =>
    limits === undefined || Number.isFinite(x) ? f.value(x) : limits[x < 0 ? 0 : 1];
  const image = hull(f, [low, high, ...f.turns.filter((turn) => turn > low && turn < high)].map(valueAt));
  // A computed value is widened by its error, never past what the function can be.
  return values === undefined
    ? image
    : [Math.min(values[1], Math.max(image[0], values[0])), Math.max(values[0], Math.min(image[1], values[1]))];
}

/** All difference quotients on the interval (mean value theorem). */
export function slopesOn(f: ActivationFunction, [low, high]: Interval): Interval {
  // Bends that had to be rounded still count when they are rounded out of a narrow interval.
  const [from, to] = [below(below(low)), above(above(high))];
  const slopeAt = (x: number, side: 'left' | 'right'): number =>
    f.slopeLimits === undefined || Number.isFinite(x) ? f.derivative(x, side) : f.slopeLimits[x < 0 ? 0 : 1];
  const [least, most] = hull(f, [
    slopeAt(low, low === high ? 'left' : 'right'),
    slopeAt(high, low === high ? 'right' : 'left'),
    ...f.bends.flatMap((bend) =>
      bend >= from && bend <= to ? [f.derivative(bend, 'left'), f.derivative(bend, 'right')] : [],
    ),
  ]);
  return [Math.max(least, f.slopes[0]), Math.min(most, f.slopes[1])];
}

/** The branch of the function that an interval lies on; undefined where it lies on none, or on both sides of a pole. */
export function branchOn(f: ActivationFunction, low: number, high: number): ActivationFunction | undefined {
  if (f.domain === undefined || (low >= f.domain[0] && high <= f.domain[1])) return f;
  return f.left && branchOn(f.left, low, high);
}

/** Relative and absolute errors of second and third derivatives as computed, with much to spare. */
const curvatureError = 1e-9;

/** f''(x) and how far it may be off. */
export function secondAt({ second }: Curvature, x: number): { readonly value: number; readonly error: number } {
  const value = second(x);
  return { value, error: curvatureError * (1 + Math.abs(value)) };
}

/** Never below |f'''| on the interval. */
export function thirdOn({ third, turns }: Curvature, [low, high]: Interval): number {
  let most = Math.max(Math.abs(third(low)), Math.abs(third(high)));
  for (const turn of turns) if (turn >= low && turn <= high) most = Math.max(most, Math.abs(third(turn)));
  return most + curvatureError * (1 + most);
}

/** Pieces of straight lines: value and slopes are exact. `pieces` are the slopes between the kinks, from left to right. */
export function piecewiseLinear(
  value: (x: number) => number,
  kinks: readonly number[],
  pieces: readonly number[],
): ActivationFunction {
  return {
    value,
    derivative: (x, side) => pieces[kinks.filter((kink) => (side === 'left' ? kink < x : kink <= x)).length]!,
    turns: kinks,
    bends: kinks,
    slopes: [Math.min(...pieces), Math.max(...pieces)],
    error: pieces.every(Number.isInteger) ? 0 : defaultError,
  };
}

/** x right of 0, alpha x left of it. */
export const leaky = (alpha: number): ActivationFunction =>
  piecewiseLinear((x) => (x < 0 ? alpha * x : x), [0], [alpha, 1]);

/**
 * erf by the series 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, whose terms all have the same sign, so nothing cancels;
 * relative error below 1e-14 up to |x| = 6, beyond which erf is 1 to the last bit.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1 - erf(x), without cancelling: right of 2 by its continued fraction (60 steps give all digits there). */
export function erfc(x: number): number {
  if (x < 2) return 1 - erf(x);
  let rest = x;
  for (let k = 60; k > 0; k--) rest = x + (0.5 * k) / rest;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * rest);
}

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
