import { addMultiple, dot, length, seededVector } from './euclidean.ts';
import { largestEigenpair } from './lanczos.ts';
import type { Pace } from './pace.ts';
import { packedLength, rowStart } from './packed.ts';

/**
 * The smallest singular value of a row-major matrix with no more rows than columns, to some units of the largest one: its
 * triangular factor by modified Gram-Schmidt, whose error in the factor is as small as Householder's (Bjorck 1967), then Lanczos on
 * the inverse. The Gram matrix would lose everything below 1e-8 of the norm.
 */
export async function smallestSingularValue(
  matrix: Float64Array,
  rows: number,
  columns: number,
  pace: Pace,
): Promise<number> {
  const size = matrix.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  if (size === 0) return 0;
  const triangle = await lowerTriangle(
    matrix.map((entry) => entry / size),
    rows,
    columns,
    pace,
  );
  for (let i = 0; i < rows; i++) if (!(triangle[rowStart(i) + i]! > 1e-140)) return 0;
  const { value } = await largestEigenpair(
    (x) => solveTransposed(triangle, rows, solve(triangle, rows, x)),
    seededVector(rows, 13),
    { steps: 300, tolerance: 1e-11, cost: rows * rows },
    pace,
  );
  return size / Math.sqrt(value);
}

/** L of A = L Q, packed by rows; overwrites the matrix. */
export async function lowerTriangle(a: Float64Array, rows: number, columns: number, pace: Pace): Promise<Float64Array> {
  const triangle = new Float64Array(packedLength(rows));
  for (let i = 0; i < rows; i++) {
    const row = a.subarray(i * columns, (i + 1) * columns);
    const norm = length(row);
    triangle[rowStart(i) + i] = norm;
    if (norm === 0) continue;
    for (let j = 0; j < columns; j++) row[j]! /= norm;
    for (let r = i + 1; r < rows; r++) {
      const other = a.subarray(r * columns, (r + 1) * columns);
      const factor = dot(row, other);
      triangle[rowStart(r) + i] = factor;
      if (factor !== 0) addMultiple(other, -factor, row);
    }
    if (pace.due(2 * (rows - i) * columns)) await pace.rest();
  }
  return triangle;
}

/** L^-1 b. */
function solve(triangle: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    const row = rowStart(i);
    let sum = x[i]!;
    for (let j = 0; j < i; j++) sum -= triangle[row + j]! * x[j]!;
    x[i] = sum / triangle[row + i]!;
  }
  return x;
}

/** L'^-1 b. */
function solveTransposed(triangle: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    const row = rowStart(i);
    const value = x[i]! / triangle[row + i]!;
    x[i] = value;
    for (let j = 0; j < i; j++) x[j]! -= triangle[row + j]! * value;
  }
  return x;
}
