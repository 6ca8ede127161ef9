import type { Norm } from '../../bound.ts';
import { above, gamma, tiny } from '../../rounding.ts';
import { type Chain, type LayerMatrix, type SlopeRange, transposed } from '../slope-recursion/chain.ts';

/**
 * The absolute sum of a row of a chain's Jacobian is the largest value of a polynomial: one factor t in [-1, 1] for each entry of the row, and the slopes d of all neurons,
 *   p(t, d) = sum over paths of  weight(path) t_i d_j d_k ..,
 * where a path goes through one neuron of each layer. It is linear in each of its variables.
 */
export interface PathPolynomial {
  /** How many variables there are of each kind: first the t, then the slopes of one activation after the other. A path takes one of each. */
  readonly sizes: readonly number[];
  /** By path, the variable of the first kind moving fastest. */
  readonly weights: Float64Array;
  /** Of each kind but the first. */
  readonly slopes: readonly SlopeRange[];
}

/** Paths of one polynomial. */
export const pathsOf = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

/** The chain whose rows' absolute sums are the norm: in l1 columns count. */
export const rowsOfNorm = (chain: Chain, norm: Exclude<Norm, 'l2'>): Chain =>
  norm === 'linf' ? chain : transposed(chain);

/** Of the chain's matrix and its activations, each path takes one of so many. */
export const sizesOf = ({ layers }: Chain): readonly number[] => layers.map(({ columns }) => columns);

export function polynomialOfRow({ layers, slopes }: Chain, row: number): PathPolynomial {
  const sizes = layers.map(({ columns }) => columns);
  const last = layers.at(-1)!;
  let weights = last.entries.slice(row * last.columns, (row + 1) * last.columns);
  for (const { columns, entries } of layers.slice(0, -1).toReversed()) {
    // What stood for the fastest index so far is a row of this matrix.
    const rows = entries.length / columns;
    const longer = new Float64Array(weights.length * columns);
    weights.forEach((weight, path) => {
      const own = (path % rows) * columns;
      for (let j = 0; j < columns; j++) longer[path * columns + j] = weight * entries[own + j]!;
    });
    // The new index moves fastest; the former fastest one comes next, as it should.
    weights = longer;
  }
  return { sizes, weights, slopes };
}

export const steepest = ({ low, high }: SlopeRange): number => Math.max(Math.abs(low), Math.abs(high));

/**
 * What a bound of any row leaves out: entries of the matrices that are only known up to an error, and products of weights that underflow. Everything else that is rounded is
 * counted where it happens.
 */
export function leftOut({ layers, slopes }: Chain): number {
  const slope = slopes.reduce((product, own) => above(product * Math.max(1, steepest(own))), 1);
  const lost = layers.reduce((product, { entries }) => above(product * Math.max(1, largest(entries))), 1);
  const paths = pathsOf(layers.map(({ columns }) => columns));
  const underflow = above(above(lost * slope) * (8 * paths * 2 ** layers.length * tiny));
  const sums = layers.map(rowSum);
  const errors = layers.map(({ error, columns }) => above(error * above(Math.sqrt(columns))));
  const unknown = errors.reduce((sum, error, at) => {
    if (error === 0) return sum;
    const others = sums.reduce(
      (product, own, other) => (other === at ? product : above(product * above(own + errors[other]!))),
      slope,
    );
    return above(sum + above(error * others));
  }, 0);
  return above(underflow + unknown);
}

const largest = (entries: Float64Array): number => entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);

/** Above the largest absolute sum of a row. */
function rowSum({ rows, columns, entries }: LayerMatrix): number {
  let most = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += Math.abs(entries[i * columns + j]!);
    most = Math.max(most, sum);
  }
  return above(most * (1 + 2 * gamma(columns + 1)));
}
