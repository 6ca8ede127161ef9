import { choleskyError, choleskySucceeds } from '../../compute/linear-algebra/cholesky.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { type Packed, packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import { above, below, gamma, unit as roundoff } from '../../rounding.ts';
import type { LinearForm, NormalForm } from './normal-form.ts';
import { sizeAt } from './sparse-matrix.ts';

/** The largest matrix that is factored for a proof: 300 MB of doubles. */
export const largestProof = 8600;

/** Entries beyond this could make what underflows elsewhere count. */
const largestScaled = 2 ** 100;
/** Above anything that underflow can add: at most 2^30 sums of products of numbers up to 2^100, each off by 2^-1074. */
const underflow = 2 ** -700;

/**
 * Whether `bound` is proved by these multipliers (one per element of a slope unit, one for a whole ball): the exact matrix
 *   H = bound^2 |x|^2 + sum of lam_k (z_k - a_k y_k)(z_k - b_k y_k) - |f|^2   (ball: lam (|z|^2 - gain^2 |y|^2))
 * is positive semidefinite. For a difference of two evaluations every summand with a lam is at most 0, so |f|^2 <= bound^2 |x|^2. H is assembled in
 * doubles after scaling by powers of two; a Cholesky factorisation of H - mu I, mu above every rounding error, decides (Rump 2006).
 */
export async function provesBound(
  form: NormalForm,
  multipliers: readonly Float64Array[],
  bound: number,
  pace: Pace,
): Promise<boolean> {
  const { sizes } = form;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > largestProof || !(bound > 0 && bound < Number.POSITIVE_INFINITY)) return false;
  if (!multipliers.every((own) => own.every((lam) => lam >= 0 && lam < Number.POSITIVE_INFINITY))) return false;
  const rows = weightedRows(form, multipliers, below(bound * bound));
  const scales = variableScales(rows, total);
  const assembled = scales === undefined ? undefined : await assemble(rows, scales, total, pace);
  if (assembled === undefined) return false;
  const { matrix, error } = assembled;
  let largest = 0;
  for (let i = 0; i < total; i++) largest = Math.max(largest, Math.abs(matrix[rowStart(i) + i]!));
  const mu = above(1.1 * (choleskyError(total, largest) + 4 * roundoff * largest + error + underflow));
  if (!(mu < Number.POSITIVE_INFINITY)) return false;
  for (let i = 0; i < total; i++) matrix[rowStart(i) + i]! -= mu;
  return choleskySucceeds(matrix, total, pace);
}

/**
 * H as a sum of weight (zeta z_i + u y)^2-like parts: squares of single variables, products of a variable with a row, squares of
 * rows. Every one is (factor) times entries of the row.
 */
interface Rows {
  /** weight v_i^2. */
  readonly squares: readonly { readonly variable: number; readonly weight: number }[];
  /** own v_i^2 + 2 cross v_i y + inner y^2, y a sparse row over all variables; without a variable only inner y^2. */
  readonly rows: readonly WeightedRow[];
  /** Relative error of the entries of any row against its majorants. */
  readonly error: number;
}

interface WeightedRow {
  readonly variable: number | undefined;
  readonly own: number;
  readonly cross: number;
  readonly inner: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  readonly majorants: Float64Array;
}

function weightedRows(form: NormalForm, multipliers: readonly Float64Array[], square: number): Rows {
  const starts: number[] = [];
  form.sizes.reduce((at, size) => (starts.push(at), at + size), 0);
  const squares = Array.from({ length: form.sizes[0]! }, (_, i) => ({ variable: i, weight: square }));
  const rows: WeightedRow[] = [];
  for (const [at, { block, input, law }] of form.units.entries()) {
    const own = multipliers[at]!;
    const first = starts[block]!;
    if (law.kind === 'ball')
      for (let i = 0; i < form.sizes[block]!; i++) squares.push({ variable: first + i, weight: own[0]! });
    for (let i = 0; i < input.rows; i++) {
      const row = rowOf(input, i, starts);
      if (law.kind === 'ball') {
        rows.push({ variable: undefined, own: 0, cross: 0, inner: -own[0]! * (law.gain * law.gain), ...row });
        continue;
      }
      const [lam, low, high] = [own[i]!, law.lower[i]!, law.upper[i]!];
      rows.push({ variable: first + i, own: lam, cross: -lam * ((low + high) / 2), inner: lam * (low * high), ...row });
    }
  }
  for (let i = 0; i < form.output.rows; i++)
    rows.push({ variable: undefined, own: 0, cross: 0, inner: -1, ...rowOf(form.output, i, starts) });
  const forms = [...form.units.map(({ input }) => input), form.output];
  const error = forms.reduce((most, { parts }) => [...parts.values()].reduce((a, b) => Math.max(a, b.error), most), 0);
  return { squares, rows, error };
}

function rowOf(
  { parts }: LinearForm,
  i: number,
  starts: readonly number[],
): Pick<WeightedRow, 'indices' | 'values' | 'majorants'> {
  const entries: [number, number, number][] = [];
  for (const [block, part] of parts)
    for (let at = part.starts[i]!; at < part.starts[i + 1]!; at++)
      entries.push([starts[block]! + part.indices[at]!, part.values[at]!, sizeAt(part, at)]);
  entries.sort((a, b) => a[0] - b[0]);
  return {
    indices: Int32Array.from(entries, ([index]) => index),
    values: Float64Array.from(entries, ([, value]) => value),
    majorants: Float64Array.from(entries, ([, , size]) => size),
  };
}

/** Powers of two that bring the diagonal of H near 1; undefined where an entry of it is not a positive number. */
function variableScales({ squares, rows }: Rows, total: number): Float64Array | undefined {
  const diagonal = new Float64Array(total);
  for (const { variable, weight } of squares) diagonal[variable]! += weight;
  for (const { variable, own, inner, indices, values } of rows) {
    if (variable !== undefined) diagonal[variable]! += own;
    if (inner !== 0) indices.forEach((j, at) => (diagonal[j]! += inner * values[at]! * values[at]!));
  }
  if (!diagonal.every((value) => value > 0 && value < Number.POSITIVE_INFINITY)) return undefined;
  return diagonal.map((value) => 2 ** -Math.round(Math.log2(value) / 2));
}

async function assemble(
  { squares, rows, error: rowError }: Rows,
  scales: Float64Array,
  total: number,
  pace: Pace,
): Promise<{ readonly matrix: Packed; readonly error: number } | undefined> {
  const matrix = new Float64Array(packedLength(total));
  /** Row sums of the same sum with absolute values and majorants everywhere. */
  const sums = new Float64Array(total);
  /** How many summands an entry in this column can have. */
  const summands = new Int32Array(total).fill(2);
  for (const { variable, weight } of squares) {
    const value = weight * scales[variable]! * scales[variable]!;
    matrix[rowStart(variable) + variable]! += value;
    sums[variable]! += value;
  }
  for (const { variable, own, cross, inner, indices, values, majorants } of rows) {
    const scaled = values.map((value, at) => value * scales[indices[at]!]!);
    const sizes = majorants.map((size, at) => size * scales[indices[at]!]!);
    const length = sizes.reduce((sum, size) => sum + size, 0);
    const side = variable === undefined ? 0 : scales[variable]!;
    // A weight beside entries that are not near 1 is split into two roots, so that neither product leaves the doubles.
    const root = 2 ** Math.round(Math.log2(Math.max(own, Math.abs(inner), Number.MIN_VALUE)) / 2);
    if (!(Math.max(length * root, side * root) < largestScaled)) return undefined;
    if (variable !== undefined) {
      const [self, crossing] = [
        (own / root / root) * (side * root) * (side * root),
        (cross / root / root) * (side * root),
      ];
      matrix[rowStart(variable) + variable]! += self;
      sums[variable]! += self + Math.abs(crossing) * (length * root);
      indices.forEach((j, at) => {
        const [i, k] = j < variable ? [variable, j] : [j, variable];
        const value = crossing * (scaled[at]! * root);
        matrix[rowStart(i) + k]! += i === k ? 2 * value : value;
        sums[j]! += Math.abs(crossing) * (sizes[at]! * root);
        summands[j]! += 1;
      });
    }
    if (inner === 0) continue;
    const factor = inner / root / root;
    for (let p = 0; p < indices.length; p++) {
      const row = rowStart(indices[p]!);
      const own = factor * (scaled[p]! * root);
      for (let q = 0; q <= p; q++) matrix[row + indices[q]!]! += own * (scaled[q]! * root);
      sums[indices[p]!]! += Math.abs(factor) * (sizes[p]! * root) * (length * root);
      summands[indices[p]!]! += 1;
    }
    if (pace.due(indices.length * indices.length)) await pace.rest();
  }
  // Each summand is a product of at most six numbers, two of them entries of a row; 1.01 covers the rounding of the row sums.
  const most = summands.reduce((a, b) => Math.max(a, b), 0);
  const relative = above(above((1 + rowError) * (1 + rowError)) * (1 + 2 * gamma(most + 12)) - 1);
  const largest = sums.reduce((a, b) => Math.max(a, b), 0);
  return { matrix, error: above(1.01 * relative * largest) };
}
