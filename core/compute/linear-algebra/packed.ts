/**
 * A symmetric matrix as the rows of its lower triangle, one after the other: row i holds columns 0..i and starts at
 * i (i + 1) / 2. Half the memory, and every row that the kernels run along is contiguous.
 */
export type Packed = Float64Array;

export const packedLength = (n: number): number => (n * (n + 1)) / 2;

export const rowStart = (i: number): number => (i * (i + 1)) / 2;

/** G x, where row i is known to be zero before column firsts[i]. Four rows at a time, which share what they read and write of the vectors. */
export function packedProduct(packed: Packed, n: number, x: Float64Array, firsts: Int32Array): Float64Array {
  const y = new Float64Array(n);
  const part = (i: number, from: number, to: number): void => {
    const xi = x[i]!;
    let sum = 0;
    for (let j = from, at = rowStart(i) + from; j < to; j++, at++) {
      const g = packed[at]!;
      sum += g * x[j]!;
      y[j]! += g * xi;
    }
    y[i]! += sum;
  };
  let i = 0;
  for (; i + 3 < n; i += 4) {
    const common = Math.min(i, Math.max(firsts[i]!, firsts[i + 1]!, firsts[i + 2]!, firsts[i + 3]!));
    fourRows(packed, i, common, x, y);
    for (let row = i; row < i + 4; row++) {
      part(row, firsts[row]!, common);
      part(row, Math.max(i, firsts[row]!), row);
      y[row]! += packed[rowStart(row) + row]! * x[row]!;
    }
  }
  for (; i < n; i++) {
    part(i, firsts[i]!, i);
    y[i]! += packed[rowStart(i) + i]! * x[i]!;
  }
  return y;
}

/** What rows i..i+3 have in columns first..i-1, and its mirror image. */
function fourRows(packed: Packed, i: number, first: number, x: Float64Array, y: Float64Array): void {
  const [xa, xb, xc, xd] = [x[i]!, x[i + 1]!, x[i + 2]!, x[i + 3]!];
  let a = rowStart(i) + first;
  let b = rowStart(i + 1) + first;
  let c = rowStart(i + 2) + first;
  let d = rowStart(i + 3) + first;
  let [s, t, u, v] = [0, 0, 0, 0];
  for (let j = first; j < i; j++, a++, b++, c++, d++) {
    const xj = x[j]!;
    const ga = packed[a]!;
    const gb = packed[b]!;
    const gc = packed[c]!;
    const gd = packed[d]!;
    s += ga * xj;
    t += gb * xj;
    u += gc * xj;
    v += gd * xj;
    y[j]! += ga * xa + gb * xb + (gc * xc + gd * xd);
  }
  y[i]! += s;
  y[i + 1]! += t;
  y[i + 2]! += u;
  y[i + 3]! += v;
}

/** The largest absolute row sum: no eigenvalue is larger (Gershgorin). As computed, without its rounding. */
export function largestRowSum(packed: Packed, n: number): number {
  const sums = new Float64Array(n);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j <= i; j++, at++) {
      const g = Math.abs(packed[at]!);
      sums[i]! += g;
      if (j < i) sums[j]! += g;
    }
  return sums.reduce((largest, sum) => Math.max(largest, sum), 0);
}

/** shift I - G, ready for a factorisation that overwrites it. */
export function shiftedNegative(packed: Packed, n: number, shift: number): Packed {
  const shifted = new Float64Array(packed.length);
  for (let i = 0; i < packed.length; i++) shifted[i] = -packed[i]!;
  for (let i = 0; i < n; i++) shifted[rowStart(i) + i]! += shift;
  return shifted;
}

/** B B' for a row-major matrix B of `rows` rows. Every entry is one inner product of `inner` terms. */
export function gramRow(entries: Float64Array, i: number, inner: number, packed: Packed): void {
  const a = i * inner;
  const row = rowStart(i);
  let j = 0;
  for (; j + 3 <= i; j += 4) {
    const b = j * inner;
    const c = b + inner;
    const d = c + inner;
    const e = d + inner;
    let s = 0;
    let t = 0;
    let u = 0;
    let v = 0;
    for (let k = 0; k < inner; k++) {
      const x = entries[a + k]!;
      s += x * entries[b + k]!;
      t += x * entries[c + k]!;
      u += x * entries[d + k]!;
      v += x * entries[e + k]!;
    }
    packed[row + j] = s;
    packed[row + j + 1] = t;
    packed[row + j + 2] = u;
    packed[row + j + 3] = v;
  }
  for (; j <= i; j++) {
    const b = j * inner;
    let s = 0;
    for (let k = 0; k < inner; k++) s += entries[a + k]! * entries[b + k]!;
    packed[row + j] = s;
  }
}
