import { type DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import { factorOf, inverseOfFactor } from '../../compute/linear-algebra/dense-factor.ts';
import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, gamma, unit } from '../../rounding.ts';

/** A symmetric matrix, both triangles, row-major. */
export interface Symmetric {
  readonly n: number;
  readonly entries: Float64Array;
}

/** A matrix whose entries may be off by so much in Frobenius norm. */
export interface Approximate {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
  readonly error: number;
}

/** Above anything that underflow can add to a sum of products of numbers that are not tiny themselves. */
const underflow = 1e-250;

/** How far from the identity Z R Z' may be. */
const largestResidual = 0.01;

/**
 * A matrix H >= W [s (I - X)^-1 - q I] W' in exact arithmetic, s >= 0, where X is taken as it stands; undefined where I - X is not found to be
 * positive definite.
 *
 * For R = I - X and any Z with |Z R Z' - I| <= e < 1, Z is regular, R is positive definite (a congruence keeps the signs of eigenvalues), and
 * R^-1 <= Z'Z / (1 - e). So no factorisation has to be trusted: Z is the inverse of a Cholesky factor, but for its roundings. Products are
 * ONNX Runtime's, whose entries are off by gamma_k times the product of absolute values; Frobenius norms bound those.
 */
export async function congruence(
  w: Approximate,
  x: Symmetric | undefined,
  s: number,
  q: number,
  products: DenseProducts,
  pace: Pace,
): Promise<Symmetric | undefined> {
  const m = w.rows;
  const size = lengthAbove(w.entries);
  const entries = new Float64Array(m * m);
  let error = m * underflow;
  // Also where s is 0: that I - X is positive definite is what makes the multiplier a valid one.
  if (x !== undefined) {
    const inverse = await inverseRoot(x, products, pace);
    if (inverse === undefined) return undefined;
    const { z, residual } = inverse;
    const length = lengthAbove(z);
    const root = { rows: x.n, columns: x.n, entries: z };
    const v = await pace.products.timesTransposed(w, root);
    await pace.rest();
    const reach = lengthAbove(v);
    const off = above(above(gamma(x.n) * size + w.error) * length + underflow);
    const image = { rows: m, columns: x.n, entries: v };
    const square = await pace.products.timesTransposed(image, image);
    await pace.rest();
    const factor = above(s / (1 - residual));
    for (let i = 0; i < entries.length; i++) entries[i] = factor * square[i]!;
    error += above(factor * above(above(gamma(x.n + 2) * reach * reach) + above((2 * reach + off) * off)));
  }
  const plain = x === undefined ? s - q : -q;
  if (plain !== 0) {
    const square = await pace.products.timesTransposed(w, w);
    await pace.rest();
    for (let i = 0; i < entries.length; i++) entries[i]! += plain * square[i]!;
    const growth = above(above(gamma(w.columns + 4) * size * size) + above((2 * size + w.error) * w.error));
    error += above(Math.abs(plain) * growth);
  }
  error += above(4 * unit * lengthAbove(entries));
  return raised(m, entries, above(1.01 * error));
}

/** Both triangles as the lower one has them, and the diagonal larger by at least `more`. */
export function raised(n: number, entries: Float64Array, more: number): Symmetric {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) entries[j * n + i] = entries[i * n + j]!;
    const at = i * (n + 1);
    entries[at] = above(entries[at]! + more);
  }
  return { n, entries };
}

/** k X and no less, for k >= 0 and X >= 0: rounding is added to the diagonal. */
export function scaledUp({ n, entries }: Symmetric, k: number): Symmetric {
  const scaled = entries.map((value) => k * value);
  return raised(n, scaled, above(2 * unit * lengthAbove(scaled) + n * underflow));
}

/** Z with Z (I - X) Z' near I, and a bound of how near. */
async function inverseRoot(
  { n, entries }: Symmetric,
  products: DenseProducts,
  pace: Pace,
): Promise<{ readonly z: Float64Array; readonly residual: number } | undefined> {
  const r = entries.map((value) => -value);
  for (let i = 0; i < n; i++) r[i * (n + 1)]! += 1;
  const factor = await factorOf({ rows: n, columns: n, entries: r.slice() }, products);
  if (factor === undefined) return undefined;
  const { entries: z } = await inverseOfFactor(factor, products);
  const [root, whole] = [
    { rows: n, columns: n, entries: z },
    { rows: n, columns: n, entries: r },
  ];
  const half = await pace.products.product(root, whole);
  await pace.rest();
  const near = await pace.products.timesTransposed({ rows: n, columns: n, entries: half }, root);
  await pace.rest();
  for (let i = 0; i < n; i++) near[i * (n + 1)]! -= 1;
  const [long, own] = [lengthAbove(z), lengthAbove(r)];
  // The subtraction from 1 on the diagonal of R, that from the product's diagonal, and the two products.
  const residual = above(
    1.01 *
      (lengthAbove(near) * (1 + unit) +
        unit * Math.sqrt(n) * 2 +
        gamma(n) * (lengthAbove(half) + long * own) * long +
        unit * own * long * long +
        n * underflow),
  );
  return residual < largestResidual ? { z, residual } : undefined;
}
