import { squaresAreSafe } from '../../compute/linear-algebra/euclidean.ts';
import { careFor, eigenvalueUpper, packedEigenpair } from '../../compute/linear-algebra/largest-eigenvalue.ts';
import { gramOfColumns } from '../../compute/linear-algebra/column-gram.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { gramOfRows } from '../../compute/linear-algebra/packed-gram.ts';
import { eachRows, readRows, type StoredMatrix } from '../../network/stored-matrix.ts';
import { storedDenseMap, type StoredWeights } from '../../operators/maps/stored-dense-map.ts';
import { above, gamma, tiny } from '../../rounding.ts';
import { affordsGram, bestSpeed, powerLower } from './dense.ts';
import type { Findings } from './interval.ts';
import { quotientBelow } from './quotient.ts';

/** What one look at all entries tells, as computed. */
export interface StoredSums {
  readonly largest: number;
  readonly squares: number;
  /** Of absolute values, in the row and the column where they are largest. */
  readonly row: number;
  readonly column: number;
}

/** Some 20 ms. */
const numbersBetweenRests = 2 ** 22;

export async function storedSums(stored: StoredMatrix, pace: Pace): Promise<StoredSums> {
  const { rows, columns } = stored;
  const columnSums = new Float64Array(columns);
  let [largest, squares, row] = [0, 0, 0];
  const step = Math.max(1, Math.floor(numbersBetweenRests / columns));
  const add = (_first: number, count: number, entries: Float64Array): void => {
    for (let i = 0; i < count; i++) {
      const own = sumsOfRow(entries, i * columns, columnSums);
      largest = Math.max(largest, own.largest);
      squares += own.squares;
      row = Math.max(row, own.row);
    }
  };
  for (let from = 0; from < rows; from += step) {
    eachRows(stored, add, from, Math.min(rows, from + step));
    await pace.rest();
  }
  return { largest, squares, row, column: columnSums.reduce((most, sum) => Math.max(most, sum), 0) };
}

/** A function of its own, without anything of the world around it: four times as fast. */
function sumsOfRow(entries: Float64Array, from: number, columnSums: Float64Array): Omit<StoredSums, 'column'> {
  let [largest, squares, row] = [0, 0, 0];
  for (let j = 0; j < columnSums.length; j++) {
    const size = Math.abs(entries[from + j]!);
    row += size;
    squares += size * size;
    columnSums[j]! += size;
    if (size > largest) largest = size;
  }
  return { largest, squares, row };
}

/** Whether the squares of its entries are doubles like others. */
export const canBeStreamed = ({ largest }: StoredSums): boolean => largest === 0 || squaresAreSafe(largest);

/** Each goes over all rows twice. Where the time may not be enough for the Gram matrix, that of many steps is not there either. */
const fewSteps = 4;

/** As `denseNorm`, without ever holding the matrix itself: half of its memory, and nothing of it is written twice. */
export async function* storedDenseNorm(stored: StoredWeights, sums: StoredSums, pace: Pace): Findings {
  const { rows, columns, rowsAre } = stored;
  const isTall = rows > columns;
  const [n, inner] = isTall ? [columns, rows] : [rows, columns];
  if (sums.largest === 0) {
    yield { lower: 0, upper: 0, method: 'gram-cholesky' };
    return;
  }
  // The squared l2 norm of |W| is at most the squared Frobenius norm, and l1 times linf.
  const relative = 1 + 2 * gamma(n * inner + 4);
  const squares = above(above(Math.min(sums.squares, sums.row * sums.column) * relative) + n * inner * tiny);
  const absoluteNorm = above(Math.sqrt(squares));
  yield { upper: absoluteNorm, method: 'frobenius' };

  const map = storedDenseMap(stored);
  if (!affordsGram(n, inner, pace)) {
    yield await powerLower(map, absoluteNorm, pace, fewSteps);
    if (!affordsGram(n, inner, pace, bestSpeed)) return;
  }
  using room = pace.room();
  const doubles = (length: number): Float64Array => room.doubles(length);
  const read = (first: number, last: number, place: () => Float64Array): Float64Array =>
    readRows(stored, first, last - first, place());
  const gram = isTall
    ? await gramOfColumns({ rows, columns, read }, pace, doubles)
    : await gramOfRows({ count: n, length: inner, read }, pace, doubles);
  const { value, vector } = await packedEigenpair(gram, n, pace, careFor(n));
  // The eigenvector belongs to the smaller side.
  const x = isTall === (rowsAre === 'outputs') ? vector : map.applyTransposed(vector);
  yield { lower: quotientBelow(map, x, absoluteNorm), method: 'gram-cholesky' };

  // Every entry of G is an inner product: |dG| <= gamma_inner |W| |W'|, whose norm `squares` bounds; each product may underflow.
  const gramError = above(above(gamma(inner) * squares) + n * inner * tiny);
  const upper = await eigenvalueUpper(gram, n, value, pace, careFor(n));
  yield { upper: above(Math.sqrt(above(upper + gramError))), method: 'gram-cholesky' };
}
