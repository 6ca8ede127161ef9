import { smallestEigenvalueBelow } from '../../compute/linear-algebra/blocked-cholesky.ts';
import { powerOfTwoNear, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { ChannelBlocks, LinearMap } from '../../operators/linear-map.ts';
import { above, gamma, tiny } from '../../rounding.ts';
import type { Findings } from './interval.ts';
import { cheaperJoinedSide, joinedColumns, type JoinedSide, jointProducts } from './joined-gram.ts';
import { quotientBelow } from './quotient.ts';

/** Rows of the band of a Gram matrix that memory allows: what a factorisation holds at a time is its square. */
const largestBand = 4500;
/** Products of a factorisation, and how many of them a second. */
const largestFactorisation = 2e11;
const productSpeed = 1e10;

/** Above the square of what Lanczos steps found; the first is enough for all but the flattest of spectra. */
const margins = [4e-3, 2e-2, 8e-2];

/**
 * A convolution of an input that is continued by copies of its elements. Borders are part of its Gram matrix, which is a band and is factorised
 * as it is written, one block column after the other: images far larger than their Gram matrix could be kept.
 */
export async function* borderedNorm(map: LinearMap, blocks: ChannelBlocks, absoluteNorm: number, pace: Pace): Findings {
  const scale = powerOfTwoNear(absoluteNorm);
  const { value, vector } = await largestEigenpair(
    (x) => {
      const y = map.apply(x).map((entry) => entry / scale);
      return map.applyTransposed(y).map((entry) => entry / scale);
    },
    seededVector(map.columns, 1),
    { steps: 60, tolerance: 2e-4, cost: 2 * (map.rows + map.columns) * map.terms },
    pace,
  );
  yield { lower: quotientBelow(map, vector, absoluteNorm), method: 'power-iteration' };

  const side = cheaperJoinedSide(blocks);
  const { band, products } = side;
  if (band > largestBand || products > largestFactorisation || !pace.affords(blocks.groups * products, productSpeed)) return; // prettier-ignore
  freeSomethingLarge();
  const absolute = above(absoluteNorm / scale);
  // Every entry of G sums at most map.terms products of entries of W, in two stages: |dG| <= gamma |W| |W'|. Scaled entries may be subnormal.
  const error = above(above(gamma(2 * map.terms + 2) * above(absolute * absolute)) + 4 * side.size * map.terms * tiny);
  let largest = 0;
  for (let group = 0; group < blocks.groups; group++) {
    const upper = await largestOfGroup(blocks, side, group, { scale, estimate: value }, pace);
    if (upper === undefined) return;
    largest = Math.max(largest, upper);
  }
  yield { upper: above(above(Math.sqrt(above(largest + error))) * scale), method: 'materialised' };
}

/**
 * The C library gives memory back to the system, and fetches it again for the next product, until something large was once freed: twice the time of
 * thousands of small products. This is never touched, so it costs nothing, and is freed when it is collected.
 */
function freeSomethingLarge(): number {
  return new ArrayBuffer(31 * 2 ** 20).byteLength;
}

/** A number that no eigenvalue of the computed Gram matrix of this group exceeds. */
async function largestOfGroup(
  blocks: ChannelBlocks,
  side: JoinedSide,
  group: number,
  { scale, estimate }: { readonly scale: number; readonly estimate: number },
  pace: Pace,
): Promise<number | undefined> {
  const products = await jointProducts(blocks, side, group, scale, pace);
  if (products === undefined) return undefined;
  for (const margin of margins) {
    const shift = estimate * (1 + margin);
    const columns = joinedColumns(blocks, side, products, shift);
    const smallest = await smallestEigenvalueBelow(columns, pace);
    // The diagonal of shift I - G is rounded once, by at most half a unit of its largest entry.
    if (smallest !== undefined) return above(above(shift - smallest) + 2 ** -52 * columns.largestDiagonal);
  }
  return undefined;
}
