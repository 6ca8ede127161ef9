import type { Pace } from './pace.ts';

/** From here on a product is worth the call into ONNX Runtime. */
const worthACall = 4e5;

/** Some 60 ms on one core. */
const productsAtOnce = 8e8;

/** A B' for two row-major matrices A and B of the same shape. */
export async function timesTransposed(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  pace: Pace,
): Promise<Float64Array> {
  if (rows * rows * inner < worthACall) return plainly(a, b, rows, inner, pace);
  const step = Math.max(1, Math.floor(productsAtOnce / (rows * inner)));
  const whole = { rows, columns: inner, entries: b };
  const result = new Float64Array(rows * rows);
  for (let first = 0; first < rows; first += step) {
    const last = Math.min(rows, first + step);
    const part = { rows: last - first, columns: inner, entries: a.subarray(first * inner, last * inner) };
    await pace.products.timesTransposed(part, whole, result.subarray(first * rows, last * rows));
    await pace.rest();
  }
  return result;
}

async function plainly(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  pace: Pace,
): Promise<Float64Array> {
  const result = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    let j = 0;
    for (; j + 3 < rows; j += 4) {
      const first = j * inner;
      const second = first + inner;
      const third = second + inner;
      const fourth = third + inner;
      let s = 0;
      let t = 0;
      let u = 0;
      let v = 0;
      for (let k = 0, x = i * inner; k < inner; k++, x++) {
        const entry = a[x]!;
        s += entry * b[first + k]!;
        t += entry * b[second + k]!;
        u += entry * b[third + k]!;
        v += entry * b[fourth + k]!;
      }
      result[i * rows + j] = s;
      result[i * rows + j + 1] = t;
      result[i * rows + j + 2] = u;
      result[i * rows + j + 3] = v;
    }
    for (; j < rows; j++) {
      let sum = 0;
      for (let k = 0, x = i * inner, y = j * inner; k < inner; k++, x++, y++) sum += a[x]! * b[y]!;
      result[i * rows + j] = sum;
    }
    if (pace.due(rows * inner)) await pace.rest();
  }
  return result;
}
