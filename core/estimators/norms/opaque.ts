import { length, powerOfTwoNear, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, gamma } from '../../rounding.ts';
import { denseNorm } from './dense.ts';
import type { Findings } from './interval.ts';
import { quotientBelow } from './quotient.ts';

const materialised = 640;
const largestMatrix = 8e6;

/** Whether its norm is that of the matrix itself. */
export const isWrittenDown = ({ rows, columns }: LinearMap): boolean =>
  Math.min(rows, columns) <= materialised && rows * columns <= largestMatrix;

/**
 * A map that can only be applied: written down column by column (or row by row) where that is cheap, else stretched by Lanczos
 * steps from below, with nothing but l1 and linf from above.
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
}

/** The matrix (or its transpose, whichever has fewer rows), row-major, from unit vectors. */
export async function written(map: LinearMap, pace: Pace): Promise<Float64Array> {
  const wide = map.rows <= map.columns;
  const [rows, columns] = wide ? [map.rows, map.columns] : [map.columns, map.rows];
  const entries = new Float64Array(rows * columns);
  const unitVector = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    unitVector[i] = 1;
    entries.set(wide ? map.applyTransposed(unitVector) : map.apply(unitVector), i * columns);
    unitVector[i] = 0;
    if (pace.due(16 * columns + map.terms * rows)) await pace.rest();
  }
  return entries;
}
