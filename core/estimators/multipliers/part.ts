import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';

/** A matrix of which only the entries that are not zero are kept, row after row; for searching. */
export interface Sparse {
  readonly rows: number;
  readonly columns: number;
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** A block of a linear form: written out where most of it is not zero. */
export type Part =
  { readonly kind: 'dense'; readonly matrix: Dense } | { readonly kind: 'sparse'; readonly matrix: Sparse };

const worthWritingOut = 0.2;

export function partOf(matrix: Sparse): Part {
  const { rows, columns, values } = matrix;
  return values.length < worthWritingOut * rows * columns
    ? { kind: 'sparse', matrix }
    : { kind: 'dense', matrix: writtenOut(matrix) };
}

function writtenOut({ rows, columns, starts, indices, values }: Sparse): Dense {
  const dense = zeros(rows, columns);
  for (let i = 0; i < rows; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) dense.entries[i * columns + indices[at]!] = values[at]!;
  return dense;
}

/** P', written out. */
export function transposedPart({ kind, matrix }: Part): Dense {
  const { rows, columns } = matrix;
  const flipped = zeros(columns, rows);
  if (kind === 'dense') {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) flipped.entries[j * rows + i] = matrix.entries[i * columns + j]!;
    return flipped;
  }
  const { starts, indices, values } = matrix;
  for (let i = 0; i < rows; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) flipped.entries[indices[at]! * rows + i] = values[at]!;
  return flipped;
}

/** y += P x. */
export function addProduct(y: Float64Array, { kind, matrix }: Part, x: Float64Array): void {
  const { rows, columns } = matrix;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    if (kind === 'dense') for (let j = 0, at = i * columns; j < columns; j++, at++) sum += matrix.entries[at]! * x[j]!;
    else
      for (let at = matrix.starts[i]!; at < matrix.starts[i + 1]!; at++)
        sum += matrix.values[at]! * x[matrix.indices[at]!]!;
    y[i]! += sum;
  }
}

/** x += P' y. */
export function addTransposedProduct(x: Float64Array, { kind, matrix }: Part, y: Float64Array): void {
  const { rows, columns } = matrix;
  for (let i = 0; i < rows; i++) {
    const factor = y[i]!;
    if (factor === 0) continue;
    if (kind === 'dense')
      for (let j = 0, at = i * columns; j < columns; j++, at++) x[j]! += matrix.entries[at]! * factor;
    else
      for (let at = matrix.starts[i]!; at < matrix.starts[i + 1]!; at++)
        x[matrix.indices[at]!]! += matrix.values[at]! * factor;
  }
}

/** P X for several columns. */
export async function productOf({ kind, matrix }: Part, x: Dense, products: DenseProducts): Promise<Dense> {
  if (kind === 'dense') return products.product(matrix, x);
  const { starts, indices, values } = matrix;
  const y = zeros(matrix.rows, x.columns);
  for (let i = 0; i < matrix.rows; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++)
      addRow(y.entries, i * x.columns, values[at]!, x.entries, indices[at]! * x.columns, x.columns);
  return y;
}

/** P' Y for several columns. */
export async function transposedProductOf({ kind, matrix }: Part, y: Dense, products: DenseProducts): Promise<Dense> {
  if (kind === 'dense') return products.transposedTimes(matrix, y);
  const { starts, indices, values } = matrix;
  const x = zeros(matrix.columns, y.columns);
  for (let i = 0; i < matrix.rows; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++)
      addRow(x.entries, indices[at]! * y.columns, values[at]!, y.entries, i * y.columns, y.columns);
  return x;
}

function addRow(to: Float64Array, at: number, factor: number, from: Float64Array, start: number, count: number): void {
  for (let c = 0; c < count; c++) to[at + c]! += factor * from[start + c]!;
}

/** P P', both triangles: sparse rows meet few others. */
export async function squareOf({ kind, matrix }: Part, products: DenseProducts): Promise<Dense> {
  if (kind === 'dense') return products.timesTransposed(matrix, matrix);
  const { rows, columns, starts, indices, values } = matrix;
  const readers = Array.from({ length: columns }, (): number[] => []);
  for (let i = 0; i < rows; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) readers[indices[at]!]!.push(i, at);
  const square = zeros(rows, rows);
  for (const own of readers)
    for (let p = 0; p < own.length; p += 2) {
      const [row, value] = [own[p]! * rows, values[own[p + 1]!]!];
      for (let q = 0; q < own.length; q += 2) square.entries[row + own[q]!]! += value * values[own[q + 1]!]!;
    }
  return square;
}
