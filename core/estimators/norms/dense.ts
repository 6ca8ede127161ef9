import {
  largestMagnitude,
  powerOfTwoNear,
  seededVector,
  squaresAreSafe,
} from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import { careFor, eigenvalueUpper, packedEigenpair } from '../../compute/linear-algebra/largest-eigenvalue.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedGram } from '../../compute/linear-algebra/packed-gram.ts';
import type { LinearMap, Matrix } from '../../operators/linear-map.ts';
import { denseMap } from '../../operators/maps/dense-map.ts';
import { above, below, gamma, tiny } from '../../rounding.ts';
import type { Finding, Findings } from './interval.ts';
import { quotientBelow } from './quotient.ts';

/** Above this many products the Gram matrix is worth a first look by power iteration. */
const longGram = 1e10;
/** Rows of a Gram matrix that memory allows: 600 MB, and as much again for its factor. */
const largestGram = 12_000;
/** Products a second of ONNX Runtime, on one slow core. */
const productSpeed = 8e9;
/** And on an idle one: for whoever has nothing to lose. */
export const bestSpeed = 16e9;

/** Of the Gram matrix and its factorisation. */
const gramProducts = (n: number, inner: number): number => (n * n * inner) / 2 + (n * n * n) / 3;

/** Whether memory and time allow the Gram matrix of n rows, on a core that does so many products a second. */
export const affordsGram = (n: number, inner: number, pace: Pace, speed = productSpeed): boolean =>
  n <= largestGram && pace.affords(gramProducts(n, inner), speed);

/**
 * The l2 norm of a matrix: the largest eigenvalue c^2 of the Gram matrix on its smaller side, proved from above by a Cholesky
 * factorisation of c^2 I - G and from below by the quotient |W v| / |v| of its eigenvector.
 */
export async function* denseNorm(matrix: Matrix, pace: Pace): Findings {
  const largest = largestMagnitude(matrix.entries);
  if (largest === 0) {
    yield { lower: 0, upper: 0, method: 'gram-cholesky' };
    return;
  }
  if (squaresAreSafe(largest)) {
    yield* scaledDenseNorm(matrix, pace);
    return;
  }
  // A power of two changes no digit, and keeps the squares of tiny and huge entries inside the doubles.
  const scale = powerOfTwoNear(largest);
  const entries = matrix.entries.map((entry) => entry / scale);
  for await (const finding of scaledDenseNorm({ ...matrix, entries }, pace)) yield rescaled(finding, scale);
}

/**
 * Multiplying by a power of two is exact, so the units that `above` and `below` add here are to spare: they cover the entries
 * that scaling made subnormal, at most a `tiny` each beside a norm of at least 1.
 */
export const rescaled = ({ lower, upper, method }: Finding, scale: number): Finding => ({
  ...(lower === undefined ? {} : { lower: Math.max(0, below(lower * scale)) }),
  ...(upper === undefined ? {} : { upper: above(upper * scale) }),
  method,
});

async function* scaledDenseNorm(matrix: Matrix, pace: Pace): Findings {
  const { rows, columns, entries } = matrix;
  const map = denseMap(entries, rows, columns);
  const squares = squareBounds(matrix);
  const absoluteNorm = above(Math.sqrt(squares));
  yield { upper: absoluteNorm, method: 'frobenius' };

  const [n, inner] = rows <= columns ? [rows, columns] : [columns, rows];
  if (gramProducts(n, inner) > longGram) yield await powerLower(map, absoluteNorm, pace);
  if (!affordsGram(n, inner, pace)) return;

  using room = pace.room();
  const gram = await packedGram(matrix, pace, (length) => room.doubles(length));
  const { value, vector } = await packedEigenpair(gram, n, pace, careFor(n));
  const x = rows <= columns ? map.applyTransposed(vector) : vector;
  yield { lower: quotientBelow(map, x, absoluteNorm), method: 'gram-cholesky' };

  // Every entry of G is an inner product: |dG| <= gamma_inner |W| |W'|, whose norm `squares` bounds; each product may underflow.
  const gramError = above(above(gamma(inner) * squares) + n * inner * tiny);
  const upper = await eigenvalueUpper(gram, n, value, pace, careFor(n));
  yield { upper: above(Math.sqrt(above(upper + gramError))), method: 'gram-cholesky' };
}

/** An upper end for the squared l2 norm of |W|: the smaller of the squared Frobenius norm and l1 times linf. */
function squareBounds({ rows, columns, entries }: Matrix): number {
  const columnSums = new Float64Array(columns);
  let largestRow = 0;
  let squares = 0;
  for (let i = 0, at = 0; i < rows; i++) {
    let rowSum = 0;
    for (let j = 0; j < columns; j++, at++) {
      const entry = Math.abs(entries[at]!);
      rowSum += entry;
      columnSums[j]! += entry;
      squares += entry * entry;
    }
    largestRow = Math.max(largestRow, rowSum);
  }
  const largestColumn = columnSums.reduce((most, sum) => Math.max(most, sum), 0);
  const relative = 1 + 2 * gamma(rows * columns + 4);
  return above(above(Math.min(squares, largestRow * largestColumn) * relative) + rows * columns * tiny);
}

/** The first look from below. */
export async function powerLower(map: LinearMap, absoluteNorm: number, pace: Pace, steps = 24): Promise<Finding> {
  const { vector } = await largestEigenpair(
    (x) => map.applyTransposed(map.apply(x)),
    seededVector(map.columns, 1),
    { steps, tolerance: 1e-4, cost: 2 * map.rows * map.columns },
    pace,
  );
  return { lower: quotientBelow(map, vector, absoluteNorm), method: 'power-iteration' };
}
