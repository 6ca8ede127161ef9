import { length, powerOfTwoNear, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import { careFor, eigenvalueUpper, packedEigenpair } from '../../compute/linear-algebra/largest-eigenvalue.ts';
import { type Packed, packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, gamma, tiny } from '../../rounding.ts';
import { denseNorm } from './dense.ts';
import type { Findings } from './interval.ts';
import { quotientBelow } from './quotient.ts';

const materialised = 640;
const largestMatrix = 8e6;
/** Rows of a Gram matrix that memory allows, and products of its factorisation. */
const largestGram = 4500;
const largestFactorisation = 3e9;

/** Whether its norm is that of the matrix itself. */
export const isWrittenDown = ({ rows, columns }: LinearMap): boolean =>
  Math.min(rows, columns) <= materialised && rows * columns <= largestMatrix;

/** The matrix has at most side * terms entries, which are gone through twice for every row. */
const gramProducts = ({ rows, columns, terms }: LinearMap): number => {
  const side = Math.min(rows, columns);
  return side ** 3 / 6 + 2 * side * side * terms;
};

/** Whether its Gram matrix is written down as a whole. */
export const hasSmallGram = (map: LinearMap): boolean =>
  Math.min(map.rows, map.columns) <= largestGram && gramProducts(map) <= largestFactorisation;

/**
 * A map that can only be applied: written down column by column (or row by row) where that is cheap, else stretched by Lanczos
 * steps from below. From above its Gram matrix on the shorter side is factorised where time allows; else there is nothing but l1 and linf.
 */
export async function* opaqueNorm(map: LinearMap, absoluteNorm: number, pace: Pace): Findings {
  const side = Math.min(map.rows, map.columns);
  if (isWrittenDown(map)) {
    const entries = await written(map, pace);
    // An entry may itself be a sum that was rounded.
    const error = above(gamma(map.terms) * absoluteNorm);
    const matrix = { rows: side, columns: entries.length / side, entries };
    for await (const { lower, upper, method } of denseNorm(matrix, pace))
      yield {
        ...(lower === undefined ? {} : { lower: Math.max(0, lower - above(error + 2 ** -52 * lower)) }),
        ...(upper === undefined ? {} : { upper: above(upper + error) }),
        method,
      };
    return;
  }
  // Keeps the images of the unit vectors of the iteration near 1, whatever the size of the entries.
  const scale = powerOfTwoNear(absoluteNorm);
  const { vector } = await largestEigenpair(
    (x) => {
      const y = map.apply(x).map((value) => value / scale);
      return map.applyTransposed(y).map((value) => value / scale);
    },
    seededVector(map.columns, 1),
    { steps: 24, tolerance: 1e-4, cost: 2 * (map.rows + map.columns) * Math.sqrt(map.terms) },
    pace,
  );
  const norm = length(vector);
  if (norm > 0)
    yield { lower: quotientBelow(map, vector.map((value) => value / norm / scale), absoluteNorm), method: 'power-iteration' }; // prettier-ignore
  if (hasSmallGram(map) && pace.affords(2 * gramProducts(map))) yield* gramNorm(map, absoluteNorm, scale, pace);
}

/** W' W (W W' where W is wide), column by column from unit vectors, and a proof that no eigenvalue of it is larger. */
async function* gramNorm(map: LinearMap, absoluteNorm: number, scale: number, pace: Pace): Findings {
  const side = Math.min(map.rows, map.columns);
  const gram = await scaledGram(map, scale, pace);
  const { value, vector } = await packedEigenpair(gram, side, pace, careFor(side));
  const x = map.columns <= map.rows ? vector : map.applyTransposed(vector);
  yield { lower: quotientBelow(map, x, absoluteNorm), method: 'materialised' };
  const absolute = above(absoluteNorm / scale);
  // Every entry of G sums at most map.terms products of entries of W, which were sums themselves: |dG| <= gamma |W| |W'|.
  const error = above(above(gamma(2 * map.terms + 2) * above(absolute * absolute)) + side * map.terms * tiny);
  const upper = await eigenvalueUpper(gram, side, value, pace, careFor(side));
  yield { upper: above(above(Math.sqrt(above(upper + error))) * scale), method: 'materialised' };
}

/** Of W / scale, a power of two. */
async function scaledGram(map: LinearMap, scale: number, pace: Pace): Promise<Packed> {
  const tall = map.columns <= map.rows;
  const side = tall ? map.columns : map.rows;
  const gram = new Float64Array(packedLength(side));
  const unitVector = new Float64Array(side);
  for (let i = 0; i < side; i++) {
    unitVector[i] = 1;
    const image = (tall ? map.apply(unitVector) : map.applyTransposed(unitVector)).map((entry) => entry / scale);
    const row = tall ? map.applyTransposed(image) : map.apply(image);
    for (let j = 0, at = rowStart(i); j <= i; j++, at++) gram[at] = row[j]! / scale;
    unitVector[i] = 0;
    if (pace.due(2 * side * map.terms)) await pace.rest();
  }
  return gram;
}

/** The matrix (or its transpose, whichever has fewer rows), row-major, from unit vectors. */
export async function written(map: LinearMap, pace: Pace): Promise<Float64Array> {
  const wide = map.rows <= map.columns;
  const [rows, columns] = wide ? [map.rows, map.columns] : [map.columns, map.rows];
  const entries = new Float64Array(rows * columns);
  const { structure } = map;
  if (structure.kind === 'opaque' && structure.product !== undefined) {
    structure.product.each((row, column, entry) => {
      entries[wide ? row * columns + column : column * columns + row] = entry;
    });
    return entries;
  }
  const unitVector = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    unitVector[i] = 1;
    entries.set(wide ? map.applyTransposed(unitVector) : map.apply(unitVector), i * columns);
    unitVector[i] = 0;
    if (pace.due(16 * columns + map.terms * rows)) await pace.rest();
  }
  return entries;
}
