import type { Pace } from './pace.ts';

/** From here on a product is worth the call into ONNX Runtime. */
const worthACall = 4e5;

/** Some 30 ms on one core. */
const productsAtOnce = 8e8;

/** C += A' B for two row-major matrices of the same shape, `inner` rows of n entries. */
export async function addTransposedTimes(
  c: Float64Array,
  a: Float64Array,
  b: Float64Array,
  inner: number,
  n: number,
  pace: Pace,
): Promise<void> {
  if (n * n * inner < worthACall) {
    plainly(c, a, b, inner, n);
    if (pace.due(n * n * inner)) await pace.rest();
    return;
  }
  const step = Math.max(1, Math.floor(productsAtOnce / (n * n)));
  for (let first = 0; first < inner; first += step) {
    const rows = Math.min(step, inner - first);
    const part = (of: Float64Array) => ({
      rows,
      columns: n,
      entries: of.subarray(first * n, (first + rows) * n),
    });
    await pace.products.addTransposedTimes(c, part(a), part(b));
    await pace.rest();
  }
}

function plainly(c: Float64Array, a: Float64Array, b: Float64Array, inner: number, n: number): void {
  for (let k = 0; k < inner; k++)
    for (let i = 0, at = 0; i < n; i++) {
      const factor = a[k * n + i]!;
      for (let j = 0, from = k * n; j < n; j++, at++, from++) c[at]! += factor * b[from]!;
    }
}
