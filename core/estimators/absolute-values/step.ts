import type { Ranges } from '../../operators/definition.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { diagonalMap } from '../../operators/maps/diagonal-map.ts';
import { above, gamma } from '../../rounding.ts';

/**
 * How one tensor changes with those before it: exactly linear lanes, and a remainder of which only the size is known.
 * change of `to` = sum over lanes of map (change of from) + w, with |w| bounded by the remainder.
 */
export interface Step {
  readonly to: string;
  readonly size: number;
  readonly lanes: readonly Lane[];
  readonly remainder?: Remainder;
  /** Of a tensor inside of a node: where it stays for inputs of the node in these boxes. */
  readonly enclose?: (inputs: Ranges) => Enclosure;
}

export interface Lane {
  readonly from: string;
  /** Made when asked for: all weights of a large network together may not fit into memory. */
  readonly map: () => LinearMap;
}

/** A bound of |w| by the changes of these tensors, element by element, seen from both ends. */
export interface Remainder {
  readonly from: readonly string[];
  /** |w| for changes |y_k| <= v_k, element by element. */
  forward(sizes: readonly Float64Array[]): Float64Array;
  /** For weights s >= 0: t_k with sum s |w| <= sum over k of t_k |y_k|, whatever the changes y_k. */
  backward(weights: Float64Array): readonly Float64Array[];
  /** Q >= 0, one for each of these tensors, with w_i^2 <= sum over k of (Q_k y_k^2)_i, all squares element by element. */
  readonly squares?: () => readonly LinearMap[];
  /** Where each w_i looks at y_i alone: |w_i| <= factors_i |y_i|. */
  readonly factors?: Float64Array;
}

/** |w_i| <= factors_i |y_i|. */
export const elementwise = (from: string, factors: Float64Array): Remainder => {
  const scaled = (values: Float64Array): Float64Array => values.map((value, i) => factors[i]! * value);
  return {
    from: [from],
    factors,
    forward: ([sizes]) => scaled(sizes!),
    backward: (weights) => [scaled(weights)],
    squares: () => [diagonalMap(factors.map((factor) => above(factor * factor)))],
  };
};

/** w_i is at most the largest change under window i. */
export const largestOf = (
  from: readonly string[],
  counts: readonly number[],
  windows: readonly (readonly (readonly [tensor: number, element: number])[])[],
): Remainder => ({
  from,
  forward: (sizes) =>
    Float64Array.from(windows, (window) => window.reduce((most, [k, i]) => Math.max(most, sizes[k]![i]!), 0)),
  backward(weights) {
    const shares = counts.map((count) => new Float64Array(count));
    for (const [o, window] of windows.entries()) for (const [k, i] of window) shares[k]![i]! += weights[o]!;
    return shares;
  },
  // The largest square is at most their sum.
  squares: () => counts.map((count, tensor) => windowSums(windows, tensor, count)),
});

/** Element i is the sum of the entries of one tensor under window i. */
function windowSums(
  windows: readonly (readonly (readonly [tensor: number, element: number])[])[],
  tensor: number,
  count: number,
): LinearMap {
  const places = windows.map((window) => window.flatMap(([k, i]) => (k === tensor ? [i] : [])));
  const map: LinearMap = {
    rows: windows.length,
    columns: count,
    structure: { kind: 'opaque' },
    terms: Math.max(count, ...places.map(({ length }) => length)),
    entryError: 0,
    apply: (x) => Float64Array.from(places, (own) => own.reduce((sum, i) => sum + x[i]!, 0)),
    applyTransposed(y) {
      const x = new Float64Array(count);
      places.forEach((own, o) => own.forEach((i) => (x[i]! += y[o]!)));
      return x;
    },
    magnitude: () => map,
  };
  return map;
}

/** |w| <= sum of R_k |y_k| with R_k >= 0; so w_i^2 <= (sum of all entries of the rows i) sum over k of (R_k y_k^2)_i, by Cauchy and Schwarz. */
export function matrices(from: readonly string[], maps: readonly LinearMap[]): Remainder {
  const inflate = 1 + maps.reduce((sum, { terms }) => sum + gamma(2 * terms + 8), 0);
  const raised = (values: Float64Array): Float64Array => values.map((value) => value * inflate);
  const forward = (sizes: readonly Float64Array[]): Float64Array => {
    const [first, ...others] = maps.map((map, k) => map.apply(sizes[k]!));
    for (const other of others) other.forEach((value, i) => (first![i]! += value));
    return raised(first!);
  };
  return {
    from,
    forward,
    backward: (weights) => maps.map((map) => raised(map.applyTransposed(weights))),
    squares() {
      const totals = forward(maps.map(({ columns }) => new Float64Array(columns).fill(1)));
      return maps.map((map) => timesRows(map, totals));
    },
  };
}

/** The map with row i times factors_i >= 0. */
function timesRows(map: LinearMap, factors: Float64Array): LinearMap {
  const scaled = (values: Float64Array): Float64Array => values.map((value, i) => factors[i]! * value);
  return {
    ...map,
    structure: { kind: 'opaque' },
    entryError: above(map.entryError + 2 ** -50),
    apply: (x) => scaled(map.apply(x)),
    applyTransposed: (y) => map.applyTransposed(scaled(y)),
    magnitude: () => timesRows(map.magnitude(), factors),
  };
}

/** Nothing but constants: every element moves by at most the l-infinity constant, all elements together by the l1 constant. */
export const opaque = (
  from: readonly string[],
  counts: readonly number[],
  size: number,
  linf: (largest: readonly number[]) => number,
  l1: readonly number[],
): Remainder => ({
  from,
  forward: (sizes) => new Float64Array(size).fill(linf(sizes.map(largest))),
  backward: (weights) => counts.map((count, k) => new Float64Array(count).fill(largest(weights) * l1[k]!)),
});

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);
