import type { Pace } from './pace.ts';
import { gramRow, type Packed, packedLength, rowStart } from './packed.ts';

export interface RowMajor {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

/** Up to here plain loops are as fast. */
const worthACall = 4e6;
/** Some 50 ms on one core. */
const productsAtOnce = 6e8;

/** W W' or W' W, whichever is smaller, its lower triangle. Every entry is one inner product, in some order. */
export async function packedGram({ rows, columns, entries }: RowMajor, pace: Pace): Promise<Packed> {
  const wide = rows <= columns;
  const [n, inner] = wide ? [rows, columns] : [columns, rows];
  const gram = new Float64Array(packedLength(n));
  if (n * n * inner < worthACall) {
    const sides = wide ? entries : transposedColumns(entries, rows, columns, 0, columns);
    for (let i = 0; i < n; i++) {
      gramRow(sides, i, inner, gram);
      if (pace.due(i * inner)) await pace.rest();
    }
    return gram;
  }
  const side = (first: number, last: number): Float64Array =>
    wide ? entries.subarray(first * inner, last * inner) : transposedColumns(entries, rows, columns, first, last);
  // Blocks on one side of the diagonal only: the more there are, the nearer to half of the work.
  const step = Math.max(32, Math.min(Math.floor(Math.sqrt(productsAtOnce / inner)), Math.ceil(n / 4)));
  for (let first = 0; first < n; first += step) {
    const last = Math.min(n, first + step);
    const left = { rows: last - first, columns: inner, entries: side(first, last) };
    for (let other = 0; other <= first; other += step) {
      const to = Math.min(n, other + step);
      const right = other === first ? left : { rows: to - other, columns: inner, entries: side(other, to) };
      const block = await pace.products.timesTransposed(left, right);
      for (let i = first; i < last; i++) {
        const width = Math.min(to, i + 1) - other;
        const from = (i - first) * (to - other);
        gram.set(block.subarray(from, from + width), rowStart(i) + other);
      }
      await pace.rest();
    }
  }
  return gram;
}

/** Columns first..last-1 as rows. */
function transposedColumns(
  entries: Float64Array,
  rows: number,
  columns: number,
  first: number,
  last: number,
): Float64Array {
  const flipped = new Float64Array((last - first) * rows);
  // Some columns at a time: as many lines are written at once as the cache holds.
  for (let from = first; from < last; from += 16) {
    const to = Math.min(last, from + 16);
    for (let i = 0; i < rows; i++)
      for (let j = from; j < to; j++) flipped[(j - first) * rows + i] = entries[i * columns + j]!;
  }
  return flipped;
}
