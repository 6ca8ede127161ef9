import { above, below } from '../rounding.ts';

/** lower, upper: arithmetic below always rounds outward. */
export type Interval = readonly [number, number];

export const plus = (a: Interval, b: Interval): Interval => [below(a[0] + b[0]), above(a[1] + b[1])];

export const minus = (a: Interval, b: Interval): Interval => [below(a[0] - b[1]), above(a[1] - b[0])];

export function times(a: Interval, b: Interval): Interval {
  const products = [product(a[0], b[0]), product(a[0], b[1]), product(a[1], b[0]), product(a[1], b[1])];
  return [below(Math.min(...products)), above(Math.max(...products))];
}

/** 0 times infinity is 0 here: an unbounded factor of an exact zero adds nothing. */
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

/** undefined when the divisor may be 0. */
export function over(a: Interval, b: Interval): Interval | undefined {
  if (b[0] <= 0 && b[1] >= 0) return undefined;
  const quotients = [quotient(a[0], b[0]), quotient(a[0], b[1]), quotient(a[1], b[0]), quotient(a[1], b[1])];
  return [below(Math.min(...quotients)), above(Math.max(...quotients))];
}

/** Beside an open divisor all quotients come down to 0; how large they get shows at its other end. */
const quotient = (a: number, b: number): number => (Number.isFinite(b) ? a / b : 0);

/** All squares of numbers inside. */
export function square([low, high]: Interval): Interval {
  const most = above(Math.max(low * low, high * high));
  return low <= 0 && high >= 0 ? [0, most] : [Math.max(0, below(Math.min(low * low, high * high))), most];
}

/** The largest absolute value inside. */
export const magnitude = (a: Interval): number => Math.max(Math.abs(a[0]), Math.abs(a[1]));
