import { gamma } from '../../rounding.ts';
import type { Cone, Projection } from './cone.ts';

/**
 * Proof that no point of the exact cone has h.z > 0, from lambda > 0 with h + sum lambda_i g_i = rho small but not zero, and rows that
 * are only known up to their errors.
 *
 * The exact rows g* satisfy h* + sum lambda_i g_i* = rho* with rho* bounded below. If the active rows are a basis, there are unique
 * delta_i with sum (lambda_i + delta_i) g_i* = -h*, namely delta = -G*^-1 rho*; and while |delta_i| < lambda_i all weights stay
 * positive, so h*.z = -sum (lambda_i + delta_i) g_i*.z <= 0. With X near G^-1 and |1 - X G*| <= alpha < 1 (row sums), G* is invertible
 * and |delta| <= |X| |rho*| / (1 - alpha). Columns that are zero in every row of the problem, exactly, are left out (`live`).
 */
export function provesEmpty(
  cone: Cone,
  h: Float64Array,
  hError: number,
  { active, lambda }: Projection,
  live: readonly number[],
): boolean {
  const n = live.length;
  if (active.length !== n) return false;
  const { columns, rows, errors } = cone;
  // Column k of G is the k-th active row.
  const matrix = new Float64Array(n * n);
  for (const [k, i] of active.entries())
    for (const [c, column] of live.entries()) matrix[c * n + k] = rows[i * columns + column]!;
  const inverse = inverseOf(matrix, n);
  if (inverse === undefined) return false;
  let rowError = 0;
  let weighted = hError;
  for (const [k, i] of active.entries()) {
    rowError += errors[i]!;
    weighted += lambda[k]! * errors[i]!;
  }
  let rho = 0;
  for (const [c, column] of live.entries()) {
    let [sum, size] = [h[column]!, Math.abs(h[column]!)];
    for (let k = 0; k < n; k++) {
      const product = lambda[k]! * matrix[c * n + k]!;
      sum += product;
      size += Math.abs(product);
    }
    rho = Math.max(rho, Math.abs(sum) + gamma(n + 2) * size);
  }
  rho = (rho + weighted) * (1 + 1e-9);
  let [alpha, reach] = [0, 0];
  for (let i = 0; i < n; i++) {
    let [row, off] = [0, 0];
    for (let k = 0; k < n; k++) row += Math.abs(inverse[i * n + k]!);
    for (let j = 0; j < n; j++) {
      let [sum, size] = [0, 0];
      for (let k = 0; k < n; k++) {
        const product = inverse[i * n + k]! * matrix[k * n + j]!;
        sum += product;
        size += Math.abs(product);
      }
      off += Math.abs(sum - Number(i === j)) + gamma(n + 2) * (size + 1);
    }
    reach = Math.max(reach, row);
    // Every entry of G* is within its row's error; a row of |X| meets each of them once.
    alpha = Math.max(alpha, off + row * rowError);
  }
  alpha *= 1 + 1e-9;
  if (!(alpha < 0.5)) return false;
  const delta = ((reach * rho) / (1 - alpha)) * (1 + 1e-9);
  return lambda.every((weight) => weight > delta);
}

/** Gauss-Jordan with row exchanges; whether it is any good is checked by the caller. */
function inverseOf(matrix: Float64Array, n: number): Float64Array | undefined {
  const a = matrix.slice();
  const b = new Float64Array(n * n);
  for (let i = 0; i < n; i++) b[i * n + i] = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    const value = a[pivot * n + k]!;
    if (value === 0) return undefined;
    for (let j = 0; j < n; j++) {
      [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j]!, a[k * n + j]!];
      [b[k * n + j], b[pivot * n + j]] = [b[pivot * n + j]!, b[k * n + j]!];
    }
    for (let j = 0; j < n; j++) {
      a[k * n + j]! /= value;
      b[k * n + j]! /= value;
    }
    for (let i = 0; i < n; i++) {
      const factor = a[i * n + k]!;
      if (i === k || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        a[i * n + j]! -= factor * a[k * n + j]!;
        b[i * n + j]! -= factor * b[k * n + j]!;
      }
    }
  }
  return b;
}

/**
 * The same on a box, where it is simpler: |z_k| <= 1 + and t = 1, so a residual can move h.z by its absolute sum at most, and h was shifted
 * up by `margin` before it was found to be positive nowhere.
 */
export function provesEmptyOnBox(
  cone: Cone,
  h: Float64Array,
  hError: number,
  { active, lambda }: Projection,
  reach: Float64Array,
  margin: number,
): boolean {
  const { columns, rows, errors } = cone;
  let total = 0;
  let weighted = hError;
  for (const [k, i] of active.entries()) weighted += lambda[k]! * errors[i]!;
  for (let c = 0; c < columns; c++) {
    let [sum, size] = [h[c]!, Math.abs(h[c]!)];
    for (const [k, i] of active.entries()) {
      const product = lambda[k]! * rows[i * columns + c]!;
      sum += product;
      size += Math.abs(product);
    }
    total += (Math.abs(sum) + gamma(active.length + 2) * size + weighted) * reach[c]!;
  }
  return total * (1 + 1e-9) < margin;
}
