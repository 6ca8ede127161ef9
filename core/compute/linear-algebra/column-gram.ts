import type { Pace } from './pace.ts';
import { type Packed, packedLength, rowStart } from './packed.ts';

/** A matrix of more rows than columns, whose rows are asked for some at a time: they may be written into the array that `room` gives, which the next ones overwrite. */
export interface TallMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly read: (first: number, last: number, room: () => Float64Array) => Float64Array;
}

/** Numbers of the rows at hand: 16 MB. */
const numbersAtOnce = 2 ** 21;
/** Some 50 ms on one core. */
const productsAtOnce = 6e8;

/** W' W, its lower triangle, in one pass over the rows. Every entry is one inner product, in some order. `doubles` may give the array for it. */
export async function gramOfColumns(
  { rows, columns: n, read }: TallMatrix,
  pace: Pace,
  doubles: (length: number) => Float64Array,
): Promise<Packed> {
  using room = pace.room();
  const height = Math.max(1, Math.min(rows, Math.floor(numbersAtOnce / n)));
  // Strips of the lower triangle: the more there are, the nearer to half of the work.
  const width = Math.max(1, Math.min(Math.max(32, Math.ceil(n / 8)), Math.floor(productsAtOnce / (height * n)), n));
  const strips: { readonly first: number; readonly last: number; readonly sums: Float64Array }[] = [];
  for (let first = 0; first < n; first += width) {
    const last = Math.min(n, first + width);
    strips.push({ first, last, sums: room.doubles((last - first) * last).fill(0) });
  }
  const [own, left, right] = [height * n, height * width, height * n].map((size) => room.doubles(size));
  for (let top = 0; top < rows; top += height) {
    const end = Math.min(rows, top + height);
    const entries = read(top, end, () => own!);
    for (const { first, last, sums } of strips) {
      const some = columnsOf(entries, n, end - top, first, last, left!);
      const before = last === n ? entries : columnsOf(entries, n, end - top, 0, last, right!);
      await pace.products.addTransposedTimes(
        sums,
        { rows: end - top, columns: last - first, entries: some },
        { rows: end - top, columns: last, entries: before },
      );
      await pace.rest();
    }
  }
  const gram = doubles(packedLength(n));
  for (const { first, last, sums } of strips)
    for (let i = first; i < last; i++) {
      const from = (i - first) * last;
      gram.set(sums.subarray(from, from + i + 1), rowStart(i));
    }
  return gram;
}

function columnsOf(
  entries: Float64Array,
  n: number,
  rows: number,
  first: number,
  last: number,
  into: Float64Array,
): Float64Array {
  const width = last - first;
  for (let i = 0; i < rows; i++) into.set(entries.subarray(i * n + first, i * n + last), i * width);
  return into.subarray(0, rows * width);
}
