import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { projected, singularVectors } from '../../compute/linear-algebra/singular-vectors.ts';
import type { Matrix } from '../../operators/linear-map.ts';
import { above, gamma } from '../../rounding.ts';
import { denseNorm } from '../norms/dense.ts';
import type { Chain, LayerMatrix, SlopeRange } from '../slope-recursion/chain.ts';

/**
 * A layer as W = A B + E. SeqLip takes the roots of the singular values: W = U S V', A = U S^(1/2), B = S^(1/2) V', at the ends of the chain all of S on the side of
 * the activation. That they are what they are called is nowhere relied on: whatever A B misses of W is in `error`.
 */
export interface FactoredLayer {
  readonly left: Matrix;
  readonly right: Matrix;
  /** Above the l2 norms of A and B. */
  readonly leftNorm: number;
  readonly rightNorm: number;
  /** The Frobenius norm of E. */
  readonly error: number;
}

export interface FactoredChain {
  readonly layers: readonly FactoredLayer[];
  readonly slopes: readonly SlopeRange[];
}

/** About the multiplications it takes. */
export const factoringCost = ({ layers }: Chain): number =>
  layers.reduce((sum, { rows, columns }) => {
    const [least, most] = [Math.min(rows, columns), Math.max(rows, columns)];
    return sum + 60 * least ** 3 + 4 * least * least * most;
  }, 0);

export async function factoredChain({ layers, slopes }: Chain, pace: Pace): Promise<FactoredChain> {
  const factored: FactoredLayer[] = [];
  for (const [at, layer] of layers.entries()) {
    // The share of S that A gets, as a power.
    const share = at === 0 ? 1 : at === layers.length - 1 ? 0 : 1 / 2;
    factored.push(await factoredLayer(layer, share, pace));
  }
  return { layers: factored, slopes };
}

async function factoredLayer(layer: LayerMatrix, share: number, pace: Pace): Promise<FactoredLayer> {
  if (layer.rows > layer.columns) {
    const { left, right, leftNorm, rightNorm, error } = await factoredLayer(turned(layer), 1 - share, pace);
    return { left: turned(right), right: turned(left), leftNorm: rightNorm, rightNorm: leftNorm, error };
  }
  const { rows, columns, entries } = layer;
  const vectors = await singularVectors(entries, rows, columns, pace);
  const rank = vectors.values.length;
  const a = new Float64Array(rows * rank);
  vectors.left.forEach((vector, k) => {
    const factor = vectors.values[k]! ** share;
    vector.forEach((own, i) => (a[i * rank + k] = factor * own));
  });
  const weights = vectors.values.map((value) => value ** -share);
  const left = { rows, columns: rank, entries: a };
  const right = { rows: rank, columns, entries: projected(vectors, entries, columns, weights) };
  return {
    left,
    right,
    leftNorm: await normAbove(left, pace),
    rightNorm: await normAbove(right, pace),
    error: above(layer.error + (await missing(layer, left, right, pace))),
  };
}

/** |W - A B|_F: as computed, and the roundings of its inner products, of rank + 1 terms each. */
async function missing(layer: LayerMatrix, left: Matrix, right: Matrix, pace: Pace): Promise<number> {
  const size = lengthAbove(layer.entries);
  if (left.columns === 0) return size;
  const product = await pace.products.product(left, right);
  await pace.rest();
  const rest = product.map((value, at) => layer.entries[at]! - value);
  const sizes = above(size + above(lengthAbove(left.entries) * lengthAbove(right.entries)));
  return above(lengthAbove(rest) + above(gamma(left.columns + 2) * sizes));
}

async function normAbove(matrix: Matrix, pace: Pace): Promise<number> {
  if (matrix.entries.length === 0) return 0;
  let upper = Number.POSITIVE_INFINITY;
  for await (const found of denseNorm(matrix, pace)) upper = Math.min(upper, found.upper ?? upper);
  return upper;
}

function turned<Own extends Matrix>(matrix: Own): Own {
  const { rows, columns, entries } = matrix;
  const other = new Float64Array(entries.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) other[j * rows + i] = entries[i * columns + j]!;
  return { ...matrix, rows: columns, columns: rows, entries: other };
}
