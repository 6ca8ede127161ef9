import { above, below } from '../rounding.ts';
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
  /** Where it is defined; [-Infinity, Infinity] for most. */
  readonly domain?: Interval;
  /** All its values, for boxes that reach beyond the domain. */
  readonly values?: Interval;
  /** Relative error of `value` and `derivative` as computed; a few units by default. */
  readonly error?: number;
}

const widen = ([low, high]: Interval, error: number): Interval => {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const slack = Number.isFinite(size) ? error * size : 0;
  return [below(low - slack), above(high + slack)];
};

/** What Relu, Clip and Abs compute is exact; everything else is widened by its error. */
const defaultError = 2 ** -49;

/** All values on the interval. */
export function imageOf(f: ActivationFunction, [low, high]: Interval): Interval {
  const points = [low, high, ...f.turns.filter((turn) => turn > low && turn < high)].map(f.value);
  const error = f.error ?? defaultError;
  const image: Interval = [Math.min(...points), Math.max(...points)];
  return error === 0 ? image : widen(image, error);
}

/** All difference quotients on the interval (mean value theorem). */
export function slopesOn(f: ActivationFunction, [low, high]: Interval): Interval {
  const points = [
    f.derivative(low, low === high ? 'left' : 'right'),
    f.derivative(high, low === high ? 'right' : 'left'),
    ...f.bends.flatMap((bend) =>
      bend >= low && bend <= high ? [f.derivative(bend, 'left'), f.derivative(bend, 'right')] : [],
    ),
  ].map((slope) => (Number.isNaN(slope) ? Number.POSITIVE_INFINITY : slope));
  const error = f.error ?? defaultError;
  const [least, most] =
    error === 0 ? [Math.min(...points), Math.max(...points)] : widen([Math.min(...points), Math.max(...points)], error);
  return [Math.max(least, f.slopes[0]), Math.min(most, f.slopes[1])];
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

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
