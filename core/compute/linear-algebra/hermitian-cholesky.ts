import { above, gamma, tiny } from '../../rounding.ts';
import type { Pace } from './pace.ts';
import { rowStart } from './packed.ts';

/**
 * Whether the Cholesky factorisation of a Hermitian matrix (lower triangle packed by rows, real and imaginary parts apart)
 * runs to its end with positive pivots, in doubles. Both arrays are overwritten. With `hermitianCholeskyError` this is a proof.
 */
export async function hermitianCholeskySucceeds(
  re: Float64Array,
  im: Float64Array,
  n: number,
  pace: Pace,
): Promise<boolean> {
  for (let first = 0; first < n; first += 2) {
    const rows = Math.min(2, n - first);
    if (rows === 2) twoRows(re, im, first);
    for (let i = first; i < first + rows; i++) if (!finishRow(re, im, i, rows === 2 ? first : 0)) return false;
    if (pace.due(2 * rows * first * first)) await pace.rest();
  }
  return true;
}

/** Columns 0..first-1 of rows first and first+1, two columns at a time: sixteen products for eight loads. `first` is even. */
function twoRows(re: Float64Array, im: Float64Array, first: number): void {
  const a = rowStart(first);
  const b = rowStart(first + 1);
  for (let j = 0; j < first; j += 2) {
    const p = rowStart(j);
    const q = rowStart(j + 1);
    let apr = 0, api = 0, aqr = 0, aqi = 0, bpr = 0, bpi = 0, bqr = 0, bqi = 0; // prettier-ignore
    for (let k = 0; k < j; k++) {
      const ar = re[a + k]!;
      const ai = im[a + k]!;
      const br = re[b + k]!;
      const bi = im[b + k]!;
      const pr = re[p + k]!;
      const pi = im[p + k]!;
      const qr = re[q + k]!;
      const qi = im[q + k]!;
      apr += ar * pr + ai * pi;
      api += ai * pr - ar * pi;
      aqr += ar * qr + ai * qi;
      aqi += ai * qr - ar * qi;
      bpr += br * pr + bi * pi;
      bpi += bi * pr - br * pi;
      bqr += br * qr + bi * qi;
      bqi += bi * qr - br * qi;
    }
    const pivot = re[p + j]!;
    const belowRe = re[q + j]!;
    const belowIm = im[q + j]!;
    const next = re[q + j + 1]!;
    const lar = (re[a + j]! - apr) / pivot;
    const lai = (im[a + j]! - api) / pivot;
    const lbr = (re[b + j]! - bpr) / pivot;
    const lbi = (im[b + j]! - bpi) / pivot;
    re[a + j] = lar;
    im[a + j] = lai;
    re[b + j] = lbr;
    im[b + j] = lbi;
    re[a + j + 1] = (re[a + j + 1]! - (aqr + (lar * belowRe + lai * belowIm))) / next;
    im[a + j + 1] = (im[a + j + 1]! - (aqi + (lai * belowRe - lar * belowIm))) / next;
    re[b + j + 1] = (re[b + j + 1]! - (bqr + (lbr * belowRe + lbi * belowIm))) / next;
    im[b + j + 1] = (im[b + j + 1]! - (bqi + (lbi * belowRe - lbr * belowIm))) / next;
  }
}

function finishRow(re: Float64Array, im: Float64Array, i: number, from: number): boolean {
  const row = rowStart(i);
  for (let j = from; j < i; j++) {
    const other = rowStart(j);
    let sumRe = 0;
    let sumIm = 0;
    for (let k = 0; k < j; k++) {
      sumRe += re[row + k]! * re[other + k]! + im[row + k]! * im[other + k]!;
      sumIm += im[row + k]! * re[other + k]! - re[row + k]! * im[other + k]!;
    }
    const pivot = re[other + j]!;
    re[row + j] = (re[row + j]! - sumRe) / pivot;
    im[row + j] = (im[row + j]! - sumIm) / pivot;
  }
  let sum = 0;
  for (let k = 0; k < i; k++) sum += re[row + k]! * re[row + k]! + im[row + k]! * im[row + k]!;
  const pivot = re[row + i]! - sum;
  if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
  re[row + i] = Math.sqrt(pivot);
  im[row + i] = 0;
  return true;
}

/**
 * If `hermitianCholeskySucceeds`, the exact matrix has no eigenvalue below minus this: as for `choleskyError`, where the real
 * and the imaginary part of an entry are inner products of at most 2n real terms whose absolute values sum to at most
 * sum_k |l_ik| |l_jk| each (Cauchy-Schwarz in the plane), so |d_ij| <= sqrt(2) g/(1-g) sqrt(a_ii a_jj) with g = gamma_(2n+2).
 */
export function hermitianCholeskyError(n: number, largestDiagonal: number): number {
  const g = gamma(2 * n + 2);
  const relative = above((1.5 * g) / (1 - g));
  return above(above(relative * above(n * largestDiagonal)) + 16 * n * (n + 1 + largestDiagonal) * tiny);
}

/** G x for a packed Hermitian G and x = [real parts, imaginary parts]: a real symmetric map of twice the size. */
export function hermitianProduct(re: Float64Array, im: Float64Array, n: number, x: Float64Array): Float64Array {
  const y = new Float64Array(2 * n);
  for (let i = 0, at = 0; i < n; i++) {
    const xr = x[i]!;
    const xi = x[n + i]!;
    let sumRe = 0;
    let sumIm = 0;
    for (let j = 0; j < i; j++, at++) {
      const gr = re[at]!;
      const gi = im[at]!;
      const ur = x[j]!;
      const ui = x[n + j]!;
      sumRe += gr * ur - gi * ui;
      sumIm += gr * ui + gi * ur;
      y[j]! += gr * xr + gi * xi;
      y[n + j]! += gr * xi - gi * xr;
    }
    const diagonal = re[at++]!;
    y[i]! += sumRe + diagonal * xr;
    y[n + i]! += sumIm + diagonal * xi;
  }
  return y;
}
