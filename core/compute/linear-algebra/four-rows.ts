/**
 * A step of a Cholesky factorisation by rows: columns from..first-1 of rows first..first+3, two columns at a time, eight products for
 * six loads. Both columns are even. Entry (i, j) is at startOf(i) + j; no row has one before firsts[i].
 */
export function eliminateFourRows(
  entries: Float64Array,
  startOf: (row: number) => number,
  first: number,
  from: number,
  firsts: Int32Array,
): void {
  const a = startOf(first);
  const b = startOf(first + 1);
  const c = startOf(first + 2);
  const d = startOf(first + 3);
  for (let j = from; j < first; j += 2) {
    const p = startOf(j);
    const q = startOf(j + 1);
    let a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0; // prettier-ignore
    for (let k = Math.max(from, Math.min(firsts[j]!, firsts[j + 1]!)); k < j; k++) {
      const x = entries[p + k]!;
      const y = entries[q + k]!;
      const ak = entries[a + k]!;
      const bk = entries[b + k]!;
      const ck = entries[c + k]!;
      const dk = entries[d + k]!;
      a0 += ak * x;
      a1 += ak * y;
      b0 += bk * x;
      b1 += bk * y;
      c0 += ck * x;
      c1 += ck * y;
      d0 += dk * x;
      d1 += dk * y;
    }
    const pivot = entries[p + j]!;
    const below = entries[q + j]!;
    const next = entries[q + j + 1]!;
    const la = (entries[a + j]! - a0) / pivot;
    const lb = (entries[b + j]! - b0) / pivot;
    const lc = (entries[c + j]! - c0) / pivot;
    const ld = (entries[d + j]! - d0) / pivot;
    entries[a + j] = la;
    entries[b + j] = lb;
    entries[c + j] = lc;
    entries[d + j] = ld;
    entries[a + j + 1] = (entries[a + j + 1]! - (a1 + la * below)) / next;
    entries[b + j + 1] = (entries[b + j + 1]! - (b1 + lb * below)) / next;
    entries[c + j + 1] = (entries[c + j + 1]! - (c1 + lc * below)) / next;
    entries[d + j + 1] = (entries[d + j + 1]! - (d1 + ld * below)) / next;
  }
}
