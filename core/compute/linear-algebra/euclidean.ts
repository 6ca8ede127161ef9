import { above, below, gamma, tiny } from '../../rounding.ts';

export function dot(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s += x[i]! * y[i]!;
    t += x[i + 1]! * y[i + 1]!;
    u += x[i + 2]! * y[i + 2]!;
    v += x[i + 3]! * y[i + 3]!;
  }
  for (; i < n; i++) s += x[i]! * y[i]!;
  return s + t + (u + v);
}

export const length = (x: Float64Array): number => Math.sqrt(dot(x, x));

/** y += factor x. */
export function addMultiple(y: Float64Array, factor: number, x: Float64Array): void {
  const n = y.length;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    y[i]! += factor * x[i]!;
    y[i + 1]! += factor * x[i + 1]!;
    y[i + 2]! += factor * x[i + 2]!;
    y[i + 3]! += factor * x[i + 3]!;
  }
  for (; i < n; i++) y[i]! += factor * x[i]!;
}

/** Never below the exact length: the sum of n squares has a relative error of gamma_n, and n underflows of one `tiny` each. */
export function lengthAbove(x: Float64Array): number {
  const squares = dot(x, x);
  return above(Math.sqrt(above(above(squares * (1 + 2 * gamma(x.length + 1))) + x.length * tiny)));
}

/** Never above the exact length. */
export function lengthBelow(x: Float64Array): number {
  const squares = dot(x, x);
  return Math.max(0, below(Math.sqrt(Math.max(0, below(squares * (1 - 2 * gamma(x.length + 1)) - x.length * tiny)))));
}

export function largestMagnitude(x: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]!);
    if (size > largest) largest = size;
  }
  return largest;
}

/** Whether numbers of at most this size can be squared and summed as they are: underflow and overflow are far away. */
export const squaresAreSafe = (largest: number): boolean => largest > 1e-60 && largest < 1e60;

/**
 * A power of two that brings numbers of this size near 1: exact to multiply with. 2^1000 at most, so that neither the
 * factor nor its inverse leaves the doubles.
 */
export function powerOfTwoNear(size: number): number {
  if (size === 0 || !Number.isFinite(size)) return 1;
  return 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(size))));
}

/** The same direction on every machine and in every run: numbers in (-1, 1) from a small multiplicative generator. */
export function seededVector(size: number, seed: number): Float64Array {
  const vector = new Float64Array(size);
  let state = (seed * 2654435761 + 97) >>> 0;
  for (let i = 0; i < size; i++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    vector[i] = ((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1;
  }
  return vector;
}
