// The loops in which proofs spend their time: plain, so that V8 compiles them well, and blocked, so that loads are shared.

/**
 * Up to four rows of a matrix with up to two vectors, which share what they load. Where there are fewer, the first stands in for
 * the missing ones. A function of its own, since that is what V8 compiles well.
 */
export function innerProducts(
  matrix: Float64Array,
  at: number,
  count: number,
  vectors: Float64Array,
  vectorAt: number,
  pair: number,
  length: number,
  sums: Float64Array,
): void {
  const k1 = count > 1 ? length : 0;
  const k2 = count > 2 ? 2 * length : 0;
  const k3 = count > 3 ? 3 * length : 0;
  const next = pair > 1 ? length : 0;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = at, r = vectorAt; k < at + length; k++, r++) {
    const x = vectors[r]!;
    const y = vectors[r + next]!;
    const w0 = matrix[k]!;
    const w1 = matrix[k + k1]!;
    const w2 = matrix[k + k2]!;
    const w3 = matrix[k + k3]!;
    a0 += w0 * x;
    a1 += w1 * x;
    a2 += w2 * x;
    a3 += w3 * x;
    b0 += w0 * y;
    b1 += w1 * y;
    b2 += w2 * y;
    b3 += w3 * y;
  }
  sums[0] = a0;
  sums[1] = b0;
  sums[2] = a1;
  sums[3] = b1;
  sums[4] = a2;
  sums[5] = b2;
  sums[6] = a3;
  sums[7] = b3;
}

/** Adds four rows of a matrix, times their weights, to a vector; rows of weight 0 are not read. */
export function addRows(
  matrix: Float64Array,
  at: number,
  weights: Float64Array,
  vectors: Float64Array,
  vectorAt: number,
  length: number,
): void {
  const w0 = weights[0]!;
  const w1 = weights[1]!;
  const w2 = weights[2]!;
  const w3 = weights[3]!;
  if (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0) return;
  const k1 = w1 === 0 ? 0 : length;
  const k2 = w2 === 0 ? 0 : 2 * length;
  const k3 = w3 === 0 ? 0 : 3 * length;
  for (let k = at, r = vectorAt; k < at + length; k++, r++)
    vectors[r]! += w0 * matrix[k]! + w1 * matrix[k + k1]! + (w2 * matrix[k + k2]! + w3 * matrix[k + k3]!);
}
