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
  const lengths = [ofEven, ofOdd].map((gram) => gram.reduce((sum, row, i) => sum + Math.sqrt(Math.max(0, row[i]!)), 0));
  const squares = above((lengths[0]! ** 2 + lengths[1]! ** 2) * (1 + 4 * gamma(2 * size * size)));
  const rounding = above(
    above(gamma(2 * size * size + 4 * even.length + 16) + 512 * unit) * squares + (2 * size * even.length) ** 2 * tiny,
  );
  const bounds = new Float64Array(frequencies.length);
  for (const [at, t] of frequencies.entries()) {
    const factors = symbolFactors(symbol, t);
    const square = form(ofEven, factors.subarray(0, even.length)) + form(ofOdd, factors.subarray(even.length));
    bounds[at] = above(above(Math.sqrt(Math.max(0, square) + rounding) * (1 + 2 ** -50)) + error);
    if (pace.due(4 * even.length ** 2)) await pace.rest();
  }
  return bounds;
}

/** Of the full matrices behind the triangles: what is off the diagonal counts twice. */
async function innerProducts(tables: readonly Float64Array[], size: number, pace: Pace): Promise<number[][]> {
  const products = tables.map(() => new Array<number>(tables.length).fill(0));
  for (const [i, one] of tables.entries())
    for (let j = 0; j <= i; j++) {
      const two = tables[j]!;
      let diagonal = 0;
      for (let d = 0; d < size; d++) diagonal += one[rowStart(d) + d]! * two[rowStart(d) + d]!;
      const product = 2 * dot(one, two) - diagonal;
      products[i]![j] = product;
      products[j]![i] = product;
      if (pace.due(one.length)) await pace.rest();
    }
  return products;
}

function form(gram: readonly (readonly number[])[], factors: Float64Array): number {
  let sum = 0;
  gram.forEach((row, i) => {
    let inner = 0;
    row.forEach((product, j) => (inner += product * factors[j]!));
    sum += factors[i]! * inner;
  });
  return sum;
}
