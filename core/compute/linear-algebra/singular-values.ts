import { addMultiple, dot, length } from './euclidean.ts';
import type { Pace } from './pace.ts';
import { rowStart } from './packed.ts';
import { lowerTriangle } from './smallest-singular-value.ts';

/**
 * All singular values of a row-major matrix with no more rows than columns, the largest first, each to some units of the largest one:
 * its triangular factor, two bidiagonal lines left of that by reflections from both sides (Golub and Kahan 1965), and bisection. The
 * Gram matrix would lose everything below 1e-8 of the norm.
 */
export async function singularValues(
  matrix: Float64Array,
  rows: number,
  columns: number,
  pace: Pace,
): Promise<Float64Array> {
  const size = matrix.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  if (size === 0 || rows === 0) return new Float64Array(rows);
  const triangle = await lowerTriangle(
    matrix.map((entry) => entry / size),
    rows,
    columns,
    pace,
  );
  const square = Array.from({ length: rows }, (_, i) => {
    const row = new Float64Array(rows);
    row.set(triangle.subarray(rowStart(i), rowStart(i) + i + 1));
    return row;
  });
  const lines = await bidiagonal(square, pace);
  const values = new Float64Array(rows);
  for (let k = 0; k < rows; k++) {
    values[k] = size * kthLargest(lines, rows - k, k === 0 ? undefined : values[k - 1]! / size);
    if (pace.due(60 * lines.length)) await pace.rest();
  }
  return values;
}

/** Diagonal and superdiagonal of the bidiagonal matrix, alternating; overwrites the rows. */
async function bidiagonal(square: readonly Float64Array[], pace: Pace): Promise<Float64Array> {
  const n = square.length;
  const lines = new Float64Array(2 * n - 1);
  for (let k = 0; k < n; k++) {
    const column = Float64Array.from(square.slice(k), (row) => row[k]!);
    lines[2 * k] = reflector(column);
    const scale = 2 / (dot(column, column) || 1);
    const combined = new Float64Array(n - k - 1);
    for (let i = k; i < n; i++) addMultiple(combined, column[i - k]!, square[i]!.subarray(k + 1));
    for (let i = k; i < n; i++) addMultiple(square[i]!.subarray(k + 1), -scale * column[i - k]!, combined);
    if (k + 1 < n) {
      const row = square[k]!.slice(k + 1);
      lines[2 * k + 1] = reflector(row);
      const weight = 2 / (dot(row, row) || 1);
      for (let i = k + 1; i < n; i++) {
        const rest = square[i]!.subarray(k + 1);
        addMultiple(rest, -weight * dot(rest, row), row);
      }
    }
    if (pace.due(4 * (n - k) ** 2)) await pace.rest();
  }
  return lines;
}

/** Makes of x the normal of the mirror that turns it into (value, 0, ..., 0), and answers the value. */
function reflector(x: Float64Array): number {
  const norm = length(x);
  const value = x[0]! > 0 ? -norm : norm;
  x[0]! -= value;
  return value;
}

/**
 * Bisection on the symmetric matrix of twice the size with zeros on its diagonal and these lines beside it, whose eigenvalues are the
 * singular values and their negatives. `rank` counts from the smallest one.
 */
function kthLargest(lines: Float64Array, rank: number, ceiling: number | undefined): number {
  let low = 0;
  let high = ceiling ?? 1;
  if (ceiling === undefined) for (let i = 0; i <= lines.length; i++) high = Math.max(high, Math.abs(lines[i] ?? 0) + Math.abs(lines[i - 1] ?? 0)); // prettier-ignore
  high *= 1 + 1e-15;
  for (let step = 0; step < 60 && high - low > 1e-16 * high; step++) {
    const middle = low + (high - low) / 2;
    if (countBelow(middle, lines) >= rank) high = middle;
    else low = middle;
  }
  return low + (high - low) / 2;
}

/** How many singular values lie below x: the negative pivots of the matrix minus x I, less the half that always are. */
function countBelow(x: number, lines: Float64Array): number {
  let negative = 0;
  let pivot = -x;
  for (let i = 0; ; i++) {
    if (pivot < 0) negative++;
    if (i === lines.length) break;
    // A pivot of nothing is as good as one a hair below.
    pivot = -x - (lines[i]! * lines[i]!) / (pivot === 0 ? -1e-300 : pivot);
  }
  return negative - (lines.length + 1) / 2;
}
