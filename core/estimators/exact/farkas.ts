import { gamma } from '../../rounding.ts';
import type { Cone, Projection } from './cone.ts';

/**
 * Proof that no point of the exact cone has h.z > 0, from lambda > 0 with h + sum lambda_i g_i = rho small but not zero, and rows that
 * are only known up to their errors.
 *
 * The exact rows g* satisfy h* + sum lambda_i g_i* = rho* with rho* bounded below. If the active rows are a basis, there are unique
 * delta_i with sum (lambda_i + delta_i) g_i* = -h*, namely delta = -G*^-1 rho*; and while |delta_i| < lambda_i all weights stay
 * positive, so h*.z = -sum (lambda_i + delta_i) g_i*.z <= 0. With X near G^-1 and |1 - X G*| <= alpha < 1 (row sums), G* is invertible
 * and |delta| <= |X| |rho*| / (1 - alpha). Columns that are zero in h and in all active rows, exactly, are left out: the first
 * layers of a convolution, or of a network without biases, are full of them.
 */
export function provesEmpty(cone: Cone, h: Float64Array, own: Vague, { active, lambda }: Projection): boolean {
  const { columns, rows } = cone;
  const live = liveColumns(cone, h, own, active);
  const n = live.length;
  if (active.length !== n) return false;
  // Column k of G is the k-th active row.
  const matrix = new Float64Array(n * n);
  for (const [k, i] of active.entries())
    for (const [c, column] of live.entries()) matrix[c * n + k] = rows[i * columns + column]!;
  const inverse = inverseOf(matrix, n);
  if (inverse === undefined) return false;
  let rowError = 0;
  let weighted = Math.max(own.error, own.shiftError);
  for (const [k, i] of active.entries()) {
    const error = Math.max(cone.errors[i]!, cone.shiftErrors[i]!);
    rowError += error;
    weighted += lambda[k]! * error;
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

function liveColumns(cone: Cone, h: Float64Array, own: Vague, active: readonly number[]): number[] {
  const { columns, rows, support, shiftErrors } = cone;
  const t = columns - 1;
  let [near, far] = own.support;
  let shifted = h[t] !== 0 || own.shiftError !== 0;
  for (const i of active) {
    near |= support[2 * i]!;
    far |= support[2 * i + 1]!;
    shifted ||= rows[i * columns + t] !== 0 || shiftErrors[i] !== 0;
  }
  const live: number[] = [];
  for (let c = 0; c < t; c++) if ((((c < 32 ? near : far) >>> (c & 31)) & 1) === 1) live.push(c);
  if (shifted) live.push(t);
  return live;
}

/** What is not known about h: errors of its entries, left of t and in t, and where it is zero (two words of bits). */
export interface Vague {
  readonly error: number;
  readonly shiftError: number;
  readonly support: readonly [number, number];
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
  { error, shiftError }: Vague,
  { active, lambda }: Projection,
  reach: Float64Array,
  margin: number,
): boolean {
  const { columns, rows } = cone;
  let total = 0;
  // Half a unit of shifting h is in it as well.
  let weighted = Math.max(error, shiftError) + 2 ** -51;
  for (const [k, i] of active.entries()) weighted += lambda[k]! * Math.max(cone.errors[i]!, cone.shiftErrors[i]!);
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
