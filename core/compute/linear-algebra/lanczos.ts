import { addMultiple, dot, length } from './euclidean.ts';
import type { Pace } from './pace.ts';

export interface Eigenpair {
  /** A Ritz value: never (but for rounding) above the largest eigenvalue. */
  readonly value: number;
  readonly vector: Float64Array;
}

export interface LanczosOptions {
  readonly steps: number;
  /** Stops once four more steps gain less than this, relative to the value. */
  readonly tolerance: number;
  /** Products in one application of the map. */
  readonly cost: number;
  /** Stops as soon as the value reaches this. */
  readonly enough?: number;
}

/**
 * The largest eigenpair of a positive semidefinite map, as an estimate: Lanczos with full reorthogonalisation, which keeps the
 * Ritz values honest. What is certified about it is decided elsewhere.
 */
export async function largestEigenpair(
  apply: (x: Float64Array) => Float64Array | Promise<Float64Array>,
  start: Float64Array,
  { steps, tolerance, cost, enough = Number.POSITIVE_INFINITY }: LanczosOptions,
  pace: Pace,
): Promise<Eigenpair> {
  const size = start.length;
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  const values: number[] = [];
  let next = start;
  let norm = length(start);
  if (norm === 0) return { value: 0, vector: start };
  const limit = Math.min(steps, size);
  while (basis.length < limit) {
    const inverse = 1 / norm;
    const q = next.map((value) => value * inverse);
    basis.push(q);
    next = Float64Array.from(await apply(q));
    const alpha = dot(q, next);
    diagonal.push(alpha);
    // What the recurrence takes away comes first: the passes that follow then cancel little, and once is enough where they do
    // (Kahan, Parlett). Counted together, every step would lose a digit of what the last one kept.
    addMultiple(next, -alpha, q);
    const last = basis[basis.length - 2];
    if (last !== undefined) addMultiple(next, -offDiagonal.at(-1)!, last);
    let before = length(next);
    for (let pass = 0; pass < 2; pass++) {
      for (const v of basis) addMultiple(next, -dot(v, next), v);
      norm = length(next);
      if (norm > 0.7 * before) break;
      before = norm;
    }
    const value = largestOfTridiagonal(diagonal, offDiagonal);
    values.push(value);
    if (pace.due(cost + 4 * basis.length * size)) await pace.rest();
    const earlier = values[values.length - 5];
    if (value >= enough || (earlier !== undefined && value <= earlier * (1 + tolerance))) break;
    if (norm <= 1e-14 * value) break;
    offDiagonal.push(norm);
  }
  const value = values.at(-1) ?? 0;
  const weights = vectorOfTridiagonal(diagonal, offDiagonal.slice(0, diagonal.length - 1), value);
  const vector = new Float64Array(size);
  basis.forEach((q, i) => addMultiple(vector, weights[i]!, q));
  return { value, vector };
}

/** Bisection on the signs of the pivots of mu I - T, all positive exactly when mu lies above every eigenvalue. */
export function largestOfTridiagonal(diagonal: readonly number[], offDiagonal: readonly number[]): number {
  let low = Math.max(...diagonal);
  let high = low;
  diagonal.forEach((a, i) => {
    high = Math.max(high, a + (offDiagonal[i] ?? 0) + (offDiagonal[i - 1] ?? 0));
  });
  for (let step = 0; step < 60 && high - low > 1e-15 * Math.abs(high); step++) {
    const middle = low + (high - low) / 2;
    if (liesAbove(middle, diagonal, offDiagonal)) high = middle;
    else low = middle;
  }
  return low;
}

function liesAbove(mu: number, diagonal: readonly number[], offDiagonal: readonly number[]): boolean {
  let pivot = mu - diagonal[0]!;
  for (let i = 1; i < diagonal.length && pivot > 0; i++) pivot = mu - diagonal[i]! - offDiagonal[i - 1]! ** 2 / pivot;
  return pivot > 0;
}

/** Inverse iteration with a shift just above the largest eigenvalue, where elimination needs no pivoting. */
export function vectorOfTridiagonal(
  diagonal: readonly number[],
  offDiagonal: readonly number[],
  value: number,
): Float64Array {
  const n = diagonal.length;
  let x = new Float64Array(n).fill(1);
  if (n === 1) return x;
  let shift = value + 1e-14 * Math.abs(value);
  // NaN lies above nothing, and would be shifted for ever.
  if (!Number.isFinite(value)) return x;
  while (!liesAbove(shift, diagonal, offDiagonal)) shift = value + 10 * (shift - value) + Number.MIN_VALUE;
  for (let round = 0; round < 3; round++) {
    const pivots = new Float64Array(n);
    const y = Float64Array.from(x);
    pivots[0] = shift - diagonal[0]!;
    for (let i = 1; i < n; i++) {
      const factor = offDiagonal[i - 1]! / pivots[i - 1]!;
      pivots[i] = shift - diagonal[i]! - factor * offDiagonal[i - 1]!;
      y[i]! += factor * y[i - 1]!;
    }
    y[n - 1]! /= pivots[n - 1]!;
    for (let i = n - 2; i >= 0; i--) y[i] = (y[i]! + offDiagonal[i]! * y[i + 1]!) / pivots[i]!;
    const norm = length(y);
    if (!(norm > 0 && norm < Number.POSITIVE_INFINITY)) return x;
    x = y.map((entry) => entry / norm);
  }
  return x;
}
