import type { Pace } from './pace.ts';

/**
 * The smallest singular value of a row-major matrix with no more rows than columns, to about a unit of the largest one:
 * Householder bidiagonalisation, then bisection. The Gram matrix would lose everything below 1e-8 of the norm.
 */
export async function smallestSingularValue(
  matrix: Float64Array,
  rows: number,
  columns: number,
  pace: Pace,
): Promise<number> {
  const { diagonal, below } = await lowerBidiagonal(Float64Array.from(matrix), rows, columns, pace);
  // Its singular values are the positive eigenvalues of the tridiagonal matrix with zero diagonal and these off-diagonals
  // (Golub, Kahan 1965), which Sturm counts resolve without squaring anything.
  const offDiagonal: number[] = [];
  for (let i = 0; i < rows; i++) {
    offDiagonal.push(diagonal[i]!);
    if (i + 1 < rows) offDiagonal.push(below[i]!);
  }
  let low = 0;
  let high = diagonal.reduce((least, d) => Math.min(least, Math.abs(d)), Number.POSITIVE_INFINITY);
  high = Math.max(high * 2, 1e-300);
  while (eigenvaluesBelow(high, offDiagonal) <= rows) high *= 2;
  for (let step = 0; step < 200 && high - low > 1e-15 * high; step++) {
    const middle = low + (high - low) / 2;
    if (eigenvaluesBelow(middle, offDiagonal) > rows) high = middle;
    else low = middle;
  }
  return high < 1e-299 ? 0 : high;
}

/** Half of the eigenvalues are negative, so more than `rows` of them lie below x once x has passed the smallest positive one. */
function eigenvaluesBelow(x: number, offDiagonal: readonly number[]): number {
  let count = 0;
  let pivot = -x;
  if (pivot < 0) count++;
  for (const entry of offDiagonal) {
    pivot = -x - (entry * entry) / pivot;
    // A pivot of exactly 0 counts as negative, and must then also act as one.
    if (pivot === 0) pivot = -Number.MIN_VALUE;
    if (pivot < 0) count++;
  }
  return count;
}

async function lowerBidiagonal(
  a: Float64Array,
  rows: number,
  columns: number,
  pace: Pace,
): Promise<{ diagonal: Float64Array; below: Float64Array }> {
  const diagonal = new Float64Array(rows);
  const below = new Float64Array(Math.max(0, rows - 1));
  const v = new Float64Array(columns);
  const w = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    // From the right: row i becomes (.., d_i, 0, .., 0).
    for (let j = i; j < columns; j++) v[j] = a[i * columns + j]!;
    diagonal[i] = reflector(v, i, columns);
    for (let r = i + 1; r < rows; r++) {
      const row = r * columns;
      let sum = 0;
      for (let j = i; j < columns; j++) sum += a[row + j]! * v[j]!;
      if (sum !== 0) for (let j = i; j < columns; j++) a[row + j]! -= sum * v[j]!;
    }
    if (i + 1 < rows) {
      // From the left: column i becomes (.., d_i, e_i, 0, .., 0).
      for (let r = i + 1; r < rows; r++) v[r] = a[r * columns + i]!;
      below[i] = reflector(v, i + 1, rows);
      w.fill(0);
      for (let r = i + 1; r < rows; r++) {
        const factor = v[r]!;
        const row = r * columns;
        if (factor !== 0) for (let j = i + 1; j < columns; j++) w[j]! += factor * a[row + j]!;
      }
      for (let r = i + 1; r < rows; r++) {
        const factor = v[r]!;
        const row = r * columns;
        if (factor !== 0) for (let j = i + 1; j < columns; j++) a[row + j]! -= factor * w[j]!;
      }
    }
    if (pace.due(4 * (rows - i) * (columns - i))) await pace.rest();
  }
  return { diagonal, below };
}

/** Turns v[from..to) into the vector of the reflection I - v v' that maps it to a multiple of its first axis; answers that multiple. */
function reflector(v: Float64Array, from: number, to: number): number {
  let largest = 0;
  for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(v[i]!));
  if (largest === 0) return 0;
  let squares = 0;
  for (let i = from; i < to; i++) {
    v[i]! /= largest;
    squares += v[i]! * v[i]!;
  }
  const norm = Math.sqrt(squares);
  const image = v[from]! > 0 ? -norm : norm;
  v[from]! -= image;
  // |v|^2 = 2 norm (norm + |v_0|) before scaling to length sqrt(2).
  const scale = 1 / Math.sqrt(Math.abs(image * v[from]!));
  for (let i = from; i < to; i++) v[i]! *= scale;
  return image * largest;
}
