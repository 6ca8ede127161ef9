import { dot } from '../../compute/linear-algebra/euclidean.ts';
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
  const even = Array.from({ length: pairs.evenTerms }, (_, term) => pairs.table(term));
  const odd = Array.from({ length: pairs.oddTerms }, (_, term) => pairs.table(pairs.evenTerms + term));
  const ofEven = await innerProducts(even, size, pace);
  const ofOdd = await innerProducts(odd, size, pace);
  // With all cosines and sines 1 the forms are at most S^2, S = sum of the norms: so are the sums of the absolute terms of any of them,
  // and the relative error of inner products, phases and sums is that of S^2.
  const squares = above(
    (lengthsOf(ofEven, even.length) ** 2 + lengthsOf(ofOdd, odd.length) ** 2) * (1 + 4 * gamma(2 * size * size)),
  );
  const rounding = above(
    above(gamma(2 * size * size + 4 * even.length + 16) + 512 * unit) * squares + (2 * size * even.length) ** 2 * tiny,
  );
  const bounds = new Float64Array(frequencies.length);
  for (const [at, t] of frequencies.entries()) {
    const factors = symbolFactors(symbol, t);
    const square = form(ofEven, factors, 0, even.length) + form(ofOdd, factors, even.length, odd.length);
    bounds[at] = above(above(Math.sqrt(Math.max(0, square) + rounding) * (1 + 2 ** -50)) + error);
    if (pace.due(4 * even.length ** 2)) await pace.rest();
  }
  return bounds;
}

/** Of the full matrices behind the triangles: what is off the diagonal counts twice. */
async function innerProducts(tables: readonly Float64Array[], size: number, pace: Pace): Promise<Float64Array> {
  const count = tables.length;
  const products = new Float64Array(count * count);
  const diagonals = tables.map((table) => Float64Array.from({ length: size }, (_, d) => table[rowStart(d) + d]!));
  for (const [i, one] of tables.entries())
    for (let j = 0; j <= i; j++) {
      const product = 2 * dot(one, tables[j]!) - dot(diagonals[i]!, diagonals[j]!);
      products[i * count + j] = product;
      products[j * count + i] = product;
      if (pace.due(one.length)) await pace.rest();
    }
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
  for (let i = 0, at = 0; i < count; i++) {
    let inner = 0;
    for (let j = 0; j < count; j++, at++) inner += products[at]! * factors[first + j]!;
    sum += factors[first + i]! * inner;
  }
  return sum;
}
