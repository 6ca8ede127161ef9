import { choleskyError, choleskySucceeds } from '../../compute/linear-algebra/cholesky.ts';
import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedGram } from '../../compute/linear-algebra/packed-gram.ts';
import { rowStart, type Packed } from '../../compute/linear-algebra/packed.ts';
import { smallestSingularValue } from '../../compute/linear-algebra/smallest-singular-value.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, below, gamma, tiny } from '../../rounding.ts';
import { written } from '../norms/opaque.ts';

/** A matrix of doubles of a gigabyte would be the next size; the factorisation takes a second here. */
const largestSide = 1200;
const mostEntries = 2 ** 22;

/** What of the estimate is tried: rounding takes more of it the smaller it is beside the norm. */
const shares = [1 - 1e-9, 1 - 1e-6, 1 - 1e-3, 0.9, 0.5];

/**
 * A number m with |W x| >= m |x| for all x, proved: of W' W - m^2 I there is a Cholesky factor, with every rounding error counted
 * (Rump 2006). 0 where W takes some direction to nothing; undefined where it is too large to write down.
 */
export async function leastSingularValueBelow(map: LinearMap, pace: Pace): Promise<number | undefined> {
  if (map.columns > map.rows) return 0;
  const { structure } = map;
  if (structure.kind === 'selection') {
    // Every output is one input: W' W is the diagonal of how often each input is there.
    const copies = map.applyTransposed(new Float64Array(map.rows).fill(1));
    const least = copies.reduce((most, count) => Math.min(most, count), Number.POSITIVE_INFINITY);
    return least <= 1 ? least : below(Math.sqrt(least));
  }
  if (structure.kind === 'diagonal') {
    const least = structure.entries.reduce((most, entry) => Math.min(most, Math.abs(entry)), Number.POSITIVE_INFINITY);
    return map.entryError === 0 ? least : Math.max(0, below(least * (1 - above(map.entryError))));
  }
  if (map.columns > largestSide || map.rows * map.columns > mostEntries) return undefined;
  const entries = await written(map, pace);
  const [n, inner] = [map.columns, map.rows];
  const length = lengthAbove(entries);
  if (!(length > 1e-140 && length < 1e140)) return length === 0 ? 0 : undefined;
  const estimate = await smallestSingularValue(entries.slice(), n, inner, pace);
  const gram = await packedGram({ rows: n, columns: inner, entries }, pace);
  // Entries of the Gram matrix are inner products of rows whose lengths multiply to at most the square of the whole.
  const gramError = above(above(gamma(inner) * length * length) + n * inner * tiny);
  // What the entries themselves may be off by.
  const entryError = above(above(map.entryError / (1 - map.entryError) + gamma(map.terms)) * length);
  for (const share of shares) {
    const square = (estimate * share) ** 2;
    const proved = await provedBelow(gram, n, square, pace);
    if (proved === undefined) continue;
    const whole = below(proved - gramError);
    return whole > 0 ? Math.max(0, below(below(Math.sqrt(whole)) - entryError)) : 0;
  }
  return 0;
}

/** A number that no eigenvalue of the matrix is below, if that can be shown of about `square`. */
async function provedBelow(gram: Packed, n: number, square: number, pace: Pace): Promise<number | undefined> {
  const shifted = gram.slice();
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const at = rowStart(i) + i;
    shifted[at]! -= square;
    largest = Math.max(largest, Math.abs(shifted[at]!));
  }
  const error = above(choleskyError(n, largest) + 2 ** -52 * largest);
  return (await choleskySucceeds(shifted, n, pace)) ? below(square - error) : undefined;
}
