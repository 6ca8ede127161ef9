import { addMultiple, dot, length } from './euclidean.ts';
import type { Pace } from './pace.ts';
import { rowStart } from './packed.ts';
import { lowerTriangle } from './smallest-singular-value.ts';

/** W = U S V', as far as doubles go: nothing here is proved. */
export interface SingularVectors {
  /** The largest first; what is lost in the rounding of the largest one is left out. */
  readonly values: readonly number[];
  /** U' : a row for each value, as long as W has rows. */
  readonly left: readonly Float64Array[];
}

const mostSweeps = 40;
const orthogonal = 1e-15;

/**
 * Singular values and left vectors of a row-major matrix with no more rows than columns: its triangular factor, whose rows are turned in pairs until all are orthogonal (one-sided
 * Jacobi; Demmel and Veselic 1992: accurate also for small values). What the rows were turned by is U'.
 */
export async function singularVectors(
  matrix: Float64Array,
  rows: number,
  columns: number,
  pace: Pace,
): Promise<SingularVectors> {
  const size = matrix.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  if (size === 0) return { values: [], left: [] };
  const triangle = await lowerTriangle(
    matrix.map((entry) => entry / size),
    rows,
    columns,
    pace,
  );
  const turned = Array.from({ length: rows }, (_, i) => {
    const row = new Float64Array(rows);
    row.set(triangle.subarray(rowStart(i), rowStart(i) + i + 1));
    return { row, turn: unitVector(rows, i) };
  });
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let isDone = true;
    for (let p = 0; p < rows; p++) {
      for (let q = p + 1; q < rows; q++) if (rotated(turned[p]!, turned[q]!)) isDone = false;
      if (pace.due(10 * rows * rows)) await pace.rest();
    }
    if (isDone) break;
  }
  const sorted = turned
    .map(({ row, turn }) => ({ value: length(row), turn }))
    .toSorted((one, other) => other.value - one.value);
  const kept = sorted.filter(({ value }) => value > 1e-16 * sorted[0]!.value);
  return { values: kept.map(({ value }) => size * value), left: kept.map(({ turn }) => turn) };
}

interface Turned {
  readonly row: Float64Array;
  readonly turn: Float64Array;
}

function unitVector(size: number, at: number): Float64Array {
  const vector = new Float64Array(size);
  vector[at] = 1;
  return vector;
}

/** Makes two rows orthogonal, unless they are. */
function rotated(p: Turned, q: Turned): boolean {
  const [pp, qq, pq] = [dot(p.row, p.row), dot(q.row, q.row), dot(p.row, q.row)];
  if (!(Math.abs(pq) > orthogonal * Math.sqrt(pp * qq))) return false;
  const zeta = (qq - pp) / (2 * pq);
  const tangent = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = cosine * tangent;
  for (const part of ['row', 'turn'] as const) {
    const [a, b] = [p[part], q[part]];
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i]!, b[i]!];
      a[i] = cosine * x - sine * y;
      b[i] = sine * x + cosine * y;
    }
  }
  return true;
}

/** S V' scaled by `weights`, row by row: the left vectors applied to the matrix itself, so that what they are off by cancels in U (U'W). */
export function projected(
  { left }: SingularVectors,
  matrix: Float64Array,
  columns: number,
  weights: readonly number[],
): Float64Array {
  const entries = new Float64Array(left.length * columns);
  left.forEach((vector, k) => {
    const row = entries.subarray(k * columns, (k + 1) * columns);
    vector.forEach((factor, i) =>
      addMultiple(row, weights[k]! * factor, matrix.subarray(i * columns, (i + 1) * columns)),
    );
  });
  return entries;
}
