import { dot } from '../../compute/linear-algebra/euclidean.ts';
import type { Block } from '../../compute/matrix-products.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { rowStart } from '../../compute/linear-algebra/packed.ts';
import { above, gamma, tiny, unit } from '../../rounding.ts';
import { type BlockSymbol, symbolFactors } from './block-symbol.ts';

/**
 * The Frobenius norm of G, which no eigenvalue exceeds, at many frequencies for the price of a few: |G(w)|^2 is a quadratic form in the
 * cosines and one in the sines of the lags, whose coefficients are the inner products of the lag matrices.
 */
export async function frobeniusBounds(
  symbol: BlockSymbol,
  frequencies: readonly (readonly number[])[],
  pace: Pace,
): Promise<Float64Array> {
  const { pairs, size, error } = symbol;
  const ofEven = await innerProducts(pairs.tables('even'), size, pace);
  const ofOdd = await innerProducts(pairs.tables('odd'), size, pace);
  // With all cosines and sines 1 the forms are at most S^2, S = sum of the norms: so are the sums of the absolute terms of any of them,
  // and the relative error of inner products, phases and sums is that of S^2.
  const squares = above(
    (lengthsOf(ofEven, pairs.evenTerms) ** 2 + lengthsOf(ofOdd, pairs.oddTerms) ** 2) *
      (1 + 4 * gamma(2 * size * size)),
  );
  const rounding = above(
    above(gamma(2 * size * size + 4 * pairs.evenTerms + 16) + 512 * unit) * squares +
      (2 * size * pairs.evenTerms) ** 2 * tiny,
  );
  const bounds = new Float64Array(frequencies.length);
  for (const [at, t] of frequencies.entries()) {
    const factors = symbolFactors(symbol, t);
    const square = form(ofEven, factors, 0, pairs.evenTerms) + form(ofOdd, factors, pairs.evenTerms, pairs.oddTerms);
    bounds[at] = above(above(Math.sqrt(Math.max(0, square) + rounding) * (1 + 2 ** -50)) + error);
    if (pace.due(4 * pairs.evenTerms ** 2)) await pace.rest();
  }
  return bounds;
}

/** Of the full matrices behind the triangles: what is off the diagonal counts twice. */
async function innerProducts(tables: Block, size: number, pace: Pace): Promise<Float64Array> {
  const { rows: count, columns, entries } = tables;
  if (count === 0) return new Float64Array(0);
  const products = await pace.products.timesTransposed(tables, tables);
  const diagonals = Array.from({ length: count }, (_, term) =>
    Float64Array.from({ length: size }, (_, d) => entries[term * columns + rowStart(d) + d]!),
  );
  for (const [i, one] of diagonals.entries())
    for (const [j, other] of diagonals.entries())
      products[i * count + j] = 2 * products[i * count + j]! - dot(one, other);
  await pace.rest();
  return products;
}

/** The sum of the norms of the matrices. */
function lengthsOf(products: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.sqrt(Math.max(0, products[i * count + i]!));
  return sum;
}

/** f' P f for `count` of the factors. */
function form(products: Float64Array, factors: Float64Array, first: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let before = 0;
    for (let j = 0, at = i * count; j < i; j++, at++) before += products[at]! * factors[first + j]!;
    const own = factors[first + i]!;
    sum += own * (2 * before + products[i * count + i]! * own);
  }
  return sum;
}
