import { above, below } from '../rounding.ts';
import type { ActivationFunction } from './activation-function.ts';
import type { Lines } from './definition.ts';
import type { Enclosure } from './enclosure.ts';
import type { Interval } from './interval.ts';

/** A line below and one above the function on an interval. */
interface Pair {
  readonly lower: Line;
  readonly upper: Line;
}

interface Line {
  readonly slope: number;
  readonly offset: number;
}

/**
 * Lines for every element (Zhang et al. 2018, CROWN: any function between two lines). Of the chord and the tangent in the middle, the one that is
 * tighter in the middle is taken on each side: for ReLU the chord above, and below the nearer of 0 and y.
 */
export function linesOn(f: (element: number) => ActivationFunction, box: Enclosure): Lines | undefined {
  const size = box.lower.length;
  const [lowerSlope, lowerOffset] = [new Float64Array(size), new Float64Array(size)];
  const [upperSlope, upperOffset] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < size; i++) {
    const pair = linesAround(f(i), [box.lower[i]!, box.upper[i]!]);
    if (pair === undefined) return undefined;
    lowerSlope[i] = pair.lower.slope;
    lowerOffset[i] = pair.lower.offset;
    upperSlope[i] = pair.upper.slope;
    upperOffset[i] = pair.upper.offset;
  }
  return { lowerSlope, lowerOffset, upperSlope, upperOffset };
}

export function linesAround(f: ActivationFunction, [low, high]: Interval): Pair | undefined {
  const middle = low + (high - low) / 2;
  const slopes = [f.derivative(middle, 'right')];
  if (high > low) slopes.push((f.value(high) - f.value(low)) / (high - low));
  let lower: Line | undefined;
  let upper: Line | undefined;
  for (const slope of slopes) {
    const offsets = offsetsOf(f, slope, low, high);
    if (offsets === undefined) continue;
    const [least, most] = offsets;
    if (lower === undefined || slope * middle + least > lower.slope * middle + lower.offset)
      lower = { slope, offset: least };
    if (upper === undefined || slope * middle + most < upper.slope * middle + upper.offset)
      upper = { slope, offset: most };
  }
  return lower && upper && { lower, upper };
}

/** Halvings until a bracket is as narrow as its ends are rounded. */
const halvings = 60;

/**
 * The least and the largest f(x) - slope x. Between neighbouring bends the derivative is monotone, so that the extremes lie at the ends of such a piece or
 * where the derivative passes the slope; there the function is followed no further than the bracket is wide.
 */
function offsetsOf(f: ActivationFunction, slope: number, low: number, high: number): Interval | undefined {
  const { error = 2 ** -49, cancellation = 0 } = f;
  const ends = [low, ...f.bends.filter((bend) => bend > low && bend < high).sort((a, b) => a - b), high];
  let [least, most, steepest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Math.abs(slope)];
  const see = (x: number, slack: number): void => {
    const value = f.value(x);
    const offset = value - slope * x;
    const off = slack + error * Math.abs(value) + cancellation + 2 ** -50 * (Math.abs(value) + Math.abs(slope * x));
    least = Math.min(least, offset - off);
    most = Math.max(most, offset + off);
    if (!Number.isFinite(offset)) least = Number.NaN;
  };
  for (let k = 0; k + 1 < ends.length || k === 0; k++) {
    let [p, q] = [ends[k]!, ends[k + 1] ?? high];
    const [left, right] = [f.derivative(p, 'right'), f.derivative(q, 'left')];
    const bound = Math.max(Math.abs(left), Math.abs(right));
    steepest = Math.max(steepest, bound);
    see(p, 0);
    see(q, 0);
    if (left - slope > 0 === right - slope > 0) continue;
    const rises = left < slope;
    for (let step = 0; step < halvings; step++) {
      const x = p + (q - p) / 2;
      if (f.derivative(x, 'right') < slope === rises) p = x;
      else q = x;
    }
    see(p, (q - p) * (bound + Math.abs(slope)));
  }
  // Signs of a derivative that is only computed, and bends that had to be rounded.
  const slack =
    2 * (error * steepest + cancellation) * (high - low) +
    2 ** -48 * steepest * Math.max(Math.abs(low), Math.abs(high));
  const [from, to] = [below(least - (error === 0 ? 0 : slack)), above(most + (error === 0 ? 0 : slack))];
  return Number.isFinite(from) && Number.isFinite(to) ? [from, to] : undefined;
}
