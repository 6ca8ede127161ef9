import type { Norm } from '../../bound.ts';
import { powerOfTwoNear } from '../../compute/linear-algebra/euclidean.ts';
import { above, gamma } from '../../rounding.ts';

/** A small matrix, row-major. */
export interface Small {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

/** Never below the operator norm of any matrix within `error` of this one, entry by entry. */
export function normAbove(norm: Norm, matrix: Small, error: number): number {
  const { rows, columns } = matrix;
  // Networks whose units are all dead have the constant 0, exactly.
  if (error === 0 && matrix.entries.every((entry) => entry === 0)) return 0;
  const grown = 1 + gamma(2 * (rows + columns) + 8);
  if (norm === 'linf') return above(grown * (rowSum(matrix) + columns * error));
  if (norm === 'l1') return above(grown * (columnSum(matrix) + rows * error));
  // Squares of very large and very small entries leave the doubles.
  const factor = 1 / powerOfTwoNear(matrix.entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0));
  const balanced = { rows, columns, entries: matrix.entries.map((entry) => factor * entry) };
  return above(grown * (spectralAbove(balanced) / factor + Math.sqrt(rows * columns) * error));
}

/** As computed. */
export function normOf(norm: Norm, matrix: Small): number {
  if (norm === 'linf') return rowSum(matrix);
  if (norm === 'l1') return columnSum(matrix);
  const { vectors, size } = orthogonalised(matrix);
  let most = 0;
  for (let i = 0; i < size; i++) most = Math.max(most, squares(vectors, i, vectors.length / size));
  return Math.sqrt(most);
}

function rowSum({ rows, columns, entries }: Small): number {
  let most = 0;
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++, at++) sum += Math.abs(entries[at]!);
    most = Math.max(most, sum);
  }
  return most;
}

function columnSum({ rows, columns, entries }: Small): number {
  let most = 0;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += Math.abs(entries[i * columns + j]!);
    most = Math.max(most, sum);
  }
  return most;
}

/**
 * The rows of B = V J are nearly orthogonal for a nearly orthogonal V, so Gershgorin's discs of B B' are tight, and
 * |J| <= |B| / sigma_min(V), sigma_min(V)^2 >= 1 - |V V' - 1|. Every step of it holds for the V and B that were computed: B is
 * multiplied anew from J.
 */
function spectralAbove(matrix: Small): number {
  const { vectors, size, rotation } = orthogonalised(matrix);
  const length = vectors.length / size;
  if (size === 1) return Math.sqrt(squares(vectors, 0, length)) * (1 + gamma(length + 4));
  const own = rowsOf(matrix);
  const image: Float64Array[] = [];
  let largest = 0;
  for (let i = 0; i < size; i++) {
    const row = new Float64Array(length);
    for (let k = 0; k < size; k++)
      for (let c = 0; c < length; c++) row[c]! += rotation[i * size + k]! * own[k * length + c]!;
    image.push(row);
  }
  for (const entry of own) largest = Math.max(largest, Math.abs(entry));
  let [disc, skew] = [0, 0];
  for (let i = 0; i < size; i++) {
    let [sum, off] = [0, 0];
    for (let j = 0; j < size; j++) {
      let [a, b] = [0, 0];
      for (let c = 0; c < length; c++) a += image[i]![c]! * image[j]![c]!;
      for (let c = 0; c < size; c++) b += rotation[i * size + c]! * rotation[j * size + c]!;
      sum += Math.abs(a);
      off += Math.abs(b - Number(i === j));
    }
    disc = Math.max(disc, sum);
    skew = Math.max(skew, off);
  }
  // Rounding of B (each entry by gamma_size of the sum of |V||J| <= size largest), of the products of its rows, and of V V'.
  const wrong = gamma(size + 2) * size * largest * Math.sqrt(size * length);
  const product2 = disc * (1 + size * gamma(length + 4));
  return (Math.sqrt(product2) + wrong) / Math.sqrt(1 - skew - size * gamma(size + 4));
}

/** Rows of the shorter side. */
const rowsOf = ({ rows, columns, entries }: Small): Float64Array => {
  if (rows <= columns) return entries;
  const turned = new Float64Array(entries.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = entries[i * columns + j]!;
  return turned;
};

/** One-sided Jacobi (Hestenes): rotations of rows until they are orthogonal; their lengths are the singular values. */
function orthogonalised(matrix: Small): { vectors: Float64Array; size: number; rotation: Float64Array } {
  const size = Math.min(matrix.rows, matrix.columns);
  const length = Math.max(matrix.rows, matrix.columns);
  const vectors = rowsOf(matrix).slice();
  const rotation = new Float64Array(size * size);
  for (let i = 0; i < size; i++) rotation[i * size + i] = 1;
  for (let sweep = 0; sweep < 30 && size > 1; sweep++) {
    let turned = false;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let c = 0; c < length; c++) {
          const [a, b] = [vectors[p * length + c]!, vectors[q * length + c]!];
          pp += a * a;
          qq += b * b;
          pq += a * b;
        }
        if (Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq)) continue;
        turned = true;
        const zeta = (qq - pp) / (2 * pq);
        const tangent = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + tangent * tangent);
        rotate(vectors, p * length, q * length, length, cosine, cosine * tangent);
        rotate(rotation, p * size, q * size, size, cosine, cosine * tangent);
      }
    if (!turned) break;
  }
  return { vectors, size, rotation };
}

/** Squared length of row i. */
function squares(vectors: Float64Array, i: number, length: number): number {
  let sum = 0;
  for (let at = i * length; at < (i + 1) * length; at++) sum += vectors[at]! ** 2;
  return sum;
}

function rotate(x: Float64Array, p: number, q: number, length: number, cosine: number, sine: number): void {
  for (let c = 0; c < length; c++) {
    const [a, b] = [x[p + c]!, x[q + c]!];
    x[p + c] = cosine * a - sine * b;
    x[q + c] = sine * a + cosine * b;
  }
}

/** A direction in which the matrix stretches as far as it can: a unit vector, or one of the corners of the unit ball. */
export function steepestDirection(norm: Norm, matrix: Small): Float64Array {
  const { rows, columns, entries } = matrix;
  const direction = new Float64Array(columns);
  if (norm === 'linf') {
    let [most, best] = [-1, 0];
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += Math.abs(entries[i * columns + j]!);
      if (sum > most) [most, best] = [sum, i];
    }
    return direction.map((_, j) => (entries[best * columns + j]! < 0 ? -1 : 1));
  }
  if (norm === 'l1') {
    let [most, best] = [-1, 0];
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += Math.abs(entries[i * columns + j]!);
      if (sum > most) [most, best] = [sum, j];
    }
    direction[best] = 1;
    return direction;
  }
  const { vectors, size, rotation } = orthogonalised(matrix);
  const length = vectors.length / size;
  let [most, best] = [-1, 0];
  for (let i = 0; i < size; i++) {
    const own = squares(vectors, i, length);
    if (own > most) [most, best] = [own, i];
  }
  // Right singular vector: the row itself where rows are outputs, its rotation where they are inputs.
  const own =
    rows <= columns
      ? vectors.subarray(best * length, (best + 1) * length)
      : rotation.subarray(best * size, (best + 1) * size);
  const norm2 = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  if (norm2 === 0) direction[0] = 1;
  else direction.set(own.map((value) => value / norm2));
  return direction;
}

/** The least singular value of a matrix with no fewer rows than columns, and a unit vector that it stretches by no more. As computed. */
export function leastStretch({ rows, columns, entries }: Small): {
  readonly value: number;
  readonly direction: Float64Array;
} {
  // One row of zeros more: then its columns are made orthogonal, and the directions are rotations, also where a column vanishes.
  const taller = new Float64Array((rows + 1) * columns);
  taller.set(entries);
  const { vectors, size, rotation } = orthogonalised({ rows: rows + 1, columns, entries: taller });
  const length = vectors.length / size;
  let [least, best] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < size; i++) {
    const own = squares(vectors, i, length);
    if (own < least) [least, best] = [own, i];
  }
  return { value: Math.sqrt(least), direction: rotation.slice(best * size, (best + 1) * size) };
}
