import { above, gamma } from '../../rounding.ts';

/** Row by row. */
export interface SmallMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

const squarings = 6;

/**
 * An upper end of the l2 norm of a small matrix, without an estimator: with G the Gram matrix on the smaller side, |G|_2^k <= |G^k|_F, for k = 64 at most
 * n^(1/128) above the truth. Roundings are carried along: an absolute error d of a power A becomes gamma |A|_F^2 + 2 |A|_F d + d^2 in its square.
 */
export function spectralNormAbove(matrix: SmallMatrix): number {
  const { rows, columns, entries } = matrix;
  const largest = entries.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 0;
  if (!Number.isFinite(largest)) return Number.POSITIVE_INFINITY;
  const scale = 2 ** -Math.floor(Math.log2(largest));
  const scaled = entries.map((value) => value * scale);
  const tall = rows >= columns;
  const [n, terms] = tall ? [columns, rows] : [rows, columns];
  const at = tall
    ? (i: number, k: number) => scaled[k * columns + i]!
    : (i: number, k: number) => scaled[i * columns + k]!;
  let power = squareOf(n, terms, at);
  const own = frobenius(scaled);
  let error = above(gamma(terms) * own * own);
  let length = frobenius(power);
  // Powers are kept near length 1; the logarithm of what was divided away comes back in the end.
  let logarithm = 0;
  let exponent = 1;
  for (let step = 0; step < squarings; step++) {
    const shrink = 2 ** -Math.ceil(Math.log2(length));
    power = power.map((value) => value * shrink);
    error *= shrink;
    length *= shrink;
    logarithm = 2 * (logarithm - Math.log2(shrink));
    const last = power;
    power = squareOf(n, n, (i, k) => last[i * n + k]!);
    error = above(above(gamma(n) * length * length) + above(2 * length * error) + error * error);
    length = frobenius(power);
    exponent *= 2;
  }
  const square = 2 ** ((Math.log2(above(length + error)) + logarithm) / exponent);
  return above((Math.sqrt(square) / scale) * (1 + 2 ** -40));
}

const frobenius = (values: Float64Array): number =>
  above(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) * (1 + gamma(values.length + 4)));

function squareOf(n: number, terms: number, at: (i: number, k: number) => number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < terms; k++) sum += at(i, k) * at(j, k);
      product[i * n + j] = sum;
      product[j * n + i] = sum;
    }
  return product;
}

/** |W^-1 V|, V with as many rows as the square W: an upper end, or undefined where W is too nearly singular to say. */
export function quotientNormAbove(divisor: SmallMatrix, dividend: SmallMatrix): number | undefined {
  const n = divisor.rows;
  const inverse = approximateInverse(divisor);
  if (inverse === undefined) return undefined;
  // W^-1 V = (I - E)^-1 R V with E = I - R W, whatever R was computed.
  const rest = product({ rows: n, columns: n, entries: inverse }, divisor);
  for (let i = 0; i < n; i++) rest[i * n + i]! -= 1;
  const [r, w, v] = [inverse, divisor.entries, dividend.entries].map(frobenius) as [number, number, number];
  const lost = above(gamma(n + 2) * r);
  const distance = above(frobenius(rest) + lost * w);
  if (!(distance < 0.5)) return undefined;
  const entries = product({ rows: n, columns: n, entries: inverse }, dividend);
  return above(above(spectralNormAbove({ ...dividend, entries }) + lost * v) / (1 - distance));
}

function product(left: SmallMatrix, right: SmallMatrix): Float64Array {
  const entries = new Float64Array(left.rows * right.columns);
  for (let i = 0; i < left.rows; i++)
    for (let k = 0; k < left.columns; k++) {
      const factor = left.entries[i * left.columns + k]!;
      for (let j = 0; j < right.columns; j++)
        entries[i * right.columns + j]! += factor * right.entries[k * right.columns + j]!;
    }
  return entries;
}

/** By Gauss and Jordan with pivots; how good it is shows where it is used. */
function approximateInverse({ rows: n, entries }: SmallMatrix): Float64Array | undefined {
  const a = entries.slice();
  const inverse = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column; row < n; row++)
      if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row;
    const value = a[pivot * n + column]!;
    if (value === 0 || !Number.isFinite(value)) return undefined;
    for (const matrix of [a, inverse])
      for (let k = 0; k < n; k++) {
        const kept = matrix[column * n + k]!;
        matrix[column * n + k] = matrix[pivot * n + k]! / value;
        if (pivot !== column) matrix[pivot * n + k] = kept;
      }
    for (let row = 0; row < n; row++) {
      const factor = row === column ? 0 : a[row * n + column]!;
      if (factor === 0) continue;
      for (const matrix of [a, inverse])
        for (let k = 0; k < n; k++) matrix[row * n + k]! -= factor * matrix[column * n + k]!;
    }
  }
  return inverse;
}
