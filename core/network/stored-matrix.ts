import { bytesPerElement, doublesOf, elementCount, type ElementType, type Tensor } from './tensor.ts';

/** A matrix whose numbers stay where they lie, in a file or in memory that threads share: rows are read some at a time. */
export interface StoredMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly type: Exclude<ElementType, 'string' | 'int4' | 'uint4'>;
  /** As a tensor's. */
  readonly part: (offset: number, length: number, room?: Uint8Array) => Uint8Array;
}

/** In numbers. Below, a matrix is read as a whole and used as often as anybody likes: 32 MB as doubles. */
export const worthLeaving = 2 ** 22;

/** Longer rows do not come a few at a time. */
const longestRow = 2 ** 20;

/** The matrix of a large tensor of two axes that can be read in parts; undefined of any other. */
export function storedMatrix({ type, shape, part, numbers: made }: Tensor): StoredMatrix | undefined {
  const [rows, columns] = shape;
  if (
    part === undefined ||
    made !== undefined ||
    shape.length !== 2 ||
    elementCount(shape) < worthLeaving ||
    columns! > longestRow
  )
    return undefined;
  if (type === 'string' || type === 'int4' || type === 'uint4') return undefined;
  return { rows: rows!, columns: columns!, type, part };
}

/** In numbers. One room for all: new memory for each costs several times what reading does. It is used between two awaits only. */
const bytesAtOnce = 2 ** 20;
const room = new Uint8Array(bytesAtOnce);
let numbers = new Float64Array(0);
const numbersAtOnce = 2 ** 17;

/** Rows `first` .. `first + count - 1` as doubles. */
export function readRows(
  { columns, type, part }: StoredMatrix,
  first: number,
  count: number,
  into: Float64Array,
): Float64Array {
  const width = bytesPerElement[type];
  const most = bytesAtOnce / 8;
  for (let at = 0; at < count * columns; at += most) {
    const length = Math.min(most, count * columns - at);
    const bytes = part((first * columns + at) * width, length * width, room);
    doublesOf(type, bytes, length, into.subarray(at, at + length));
  }
  return into.subarray(0, count * columns);
}

/** Rows `from` .. `to - 1`, a few at a time: `visit` is done with them when it returns. */
export function eachRows(
  stored: StoredMatrix,
  visit: (first: number, count: number, entries: Float64Array) => void,
  from = 0,
  to = stored.rows,
): void {
  const most = rowsAtOnce(stored);
  if (numbers.length < most * stored.columns) numbers = new Float64Array(most * stored.columns);
  for (let first = from; first < to; first += most) {
    const count = Math.min(most, to - first);
    visit(first, count, readRows(stored, first, count, numbers));
  }
}

export function nonZeros(stored: StoredMatrix): number {
  let count = 0;
  eachRows(stored, (_first, _count, entries) => {
    count += nonZerosIn(entries);
  });
  return count;
}

function nonZerosIn(entries: Float64Array): number {
  let count = 0;
  for (let i = 0; i < entries.length; i++) if (entries[i] !== 0) count++;
  return count;
}

/** Four by four, as the loops over them go. */
const rowsAtOnce = ({ columns }: StoredMatrix): number => Math.max(4, 4 * Math.floor(numbersAtOnce / columns / 4));
