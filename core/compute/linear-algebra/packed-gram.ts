import type { Pace } from './pace.ts';
import { gramRow, type Packed, packedLength, rowStart } from './packed.ts';
import { transpose, transposeColumns } from './transpose.ts';

export interface RowMajor {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

/** Up to here plain loops are as fast. */
const worthACall = 4e6;
/** Some 50 ms on one core. */
const productsAtOnce = 6e8;

/** Entries of a matrix that is turned as a whole: 16 MB of a room that keeps ten times as much. */
const worthTurning = 2.2e6;

/** The rows of one side of a matrix, as they are asked for: they may be written into the array that `room` gives, which the next ones overwrite. */
export interface SideRows {
  readonly count: number;
  readonly length: number;
  readonly read: (first: number, last: number, room: () => Float64Array) => Float64Array;
}

/** W W' or W' W, whichever is smaller, its lower triangle. Every entry is one inner product, in some order. `doubles` may give the array for it. */
export async function packedGram(
  { rows, columns, entries }: RowMajor,
  pace: Pace,
  doubles: (length: number) => Float64Array = (length) => new Float64Array(length),
): Promise<Packed> {
  const wide = rows <= columns;
  const [n, inner] = wide ? [rows, columns] : [columns, rows];
  using room = pace.room();
  // Every block of rows is read several times: a smaller matrix is turned once for all of them.
  const turned = wide || n * inner > worthTurning ? undefined : room.doubles(n * inner);
  if (turned !== undefined) transpose(entries, rows, columns, turned);
  const side: SideRows = {
    count: n,
    length: inner,
    read(first, last, place) {
      if (wide || turned !== undefined) return (turned ?? entries).subarray(first * inner, last * inner);
      const to = place();
      transposeColumns(entries, rows, columns, { first, last }, to);
      return to.subarray(0, (last - first) * rows);
    },
  };
  if (n * n * inner >= worthACall) return await gramOfRows(side, pace, doubles);
  const gram = doubles(packedLength(n));
  const sides = side.read(0, n, () => room.doubles(n * inner));
  for (let i = 0; i < n; i++) {
    gramRow(sides, i, inner, gram);
    if (pace.due(i * inner)) await pace.rest();
  }
  return gram;
}

/** The same of rows that come some at a time. */
export async function gramOfRows(
  { count: n, length: inner, read }: SideRows,
  pace: Pace,
  doubles: (length: number) => Float64Array,
): Promise<Packed> {
  const gram = doubles(packedLength(n));
  using room = pace.room();
  // Blocks on one side of the diagonal only: the more there are, the nearer to half of the work.
  const step = Math.max(32, Math.min(Math.floor(Math.sqrt(productsAtOnce / inner)), Math.ceil(n / 4)));
  const product = room.doubles(step * step);
  const place = (): (() => Float64Array) => {
    let own: Float64Array | undefined;
    return () => (own ??= room.doubles(step * inner));
  };
  const [first, second] = [place(), place()];
  for (let top = 0; top < n; top += step) {
    const last = Math.min(n, top + step);
    const left = { rows: last - top, columns: inner, entries: read(top, last, first) };
    for (let other = 0; other <= top; other += step) {
      const to = Math.min(n, other + step);
      const right = other === top ? left : { rows: to - other, columns: inner, entries: read(other, to, second) };
      const size = left.rows * right.rows;
      const block = await pace.products.timesTransposed(left, right, product.subarray(0, size));
      for (let i = top; i < last; i++) {
        const width = Math.min(to, i + 1) - other;
        const from = (i - top) * (to - other);
        gram.set(block.subarray(from, from + width), rowStart(i) + other);
      }
      await pace.rest();
    }
  }
  return gram;
}
