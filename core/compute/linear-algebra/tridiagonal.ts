/** An eigenvalue of a symmetric tridiagonal matrix, with the first and the last entry of its unit eigenvector. */
export interface TridiagonalPair {
  readonly value: number;
  readonly first: number;
  readonly last: number;
}

const mostSweeps = 60;

/**
 * All eigenvalues, the largest first: implicit QL with Wilkinson's shift (Bowdler, Martin, Reinsch and Wilkinson 1968), of which only
 * the first and the last row of the eigenvectors are carried along.
 */
export function tridiagonalEigenvalues(
  diagonal: readonly number[],
  offDiagonal: readonly number[],
): readonly TridiagonalPair[] {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  e.set(offDiagonal.slice(0, Math.max(0, n - 1)));
  const first = new Float64Array(n);
  const last = new Float64Array(n);
  if (n > 0) first[0] = last[n - 1] = 1;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; sweep < mostSweeps; sweep++) {
      const m = smallFrom(l, d, e);
      if (m === l) break;
      sweepDown(l, m, d, e, [first, last]);
    }
  }
  return Array.from(d, (value, k) => ({ value, first: first[k]!, last: last[k]! })).sort((a, b) => b.value - a.value);
}

/** The first place at or after l behind which the matrix falls apart. */
function smallFrom(l: number, d: Float64Array, e: Float64Array): number {
  for (let m = l; m < d.length - 1; m++)
    if (Math.abs(e[m]!) <= 2 ** -53 * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) return m;
  return d.length - 1;
}

function sweepDown(l: number, m: number, d: Float64Array, e: Float64Array, rows: readonly Float64Array[]): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    let f = s * e[i]!;
    const b = c * e[i]!;
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    for (const row of rows) {
      f = row[i + 1]!;
      row[i + 1] = s * row[i]! + c * f;
      row[i] = c * row[i]! - s * f;
    }
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}
