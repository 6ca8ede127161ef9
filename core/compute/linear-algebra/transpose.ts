/** Rows and columns that the caches hold at the same time, also where rows lie a power of two apart. */
const tile = 8;

/** The transpose of a row-major matrix, into `to`. */
export function transpose(matrix: Float64Array, rows: number, columns: number, to: Float64Array): void {
  transposeColumns(matrix, rows, columns, { first: 0, last: columns }, to);
}

/** Columns first..last-1 as rows. */
export function transposeColumns(
  matrix: Float64Array,
  rows: number,
  columns: number,
  { first, last }: { readonly first: number; readonly last: number },
  to: Float64Array,
): void {
  for (let top = 0; top < rows; top += tile) {
    const bottom = Math.min(rows, top + tile);
    for (let left = first; left < last; left += tile) {
      const right = Math.min(last, left + tile);
      for (let j = left; j < right; j++)
        for (let i = top, at = (j - first) * rows + top; i < bottom; i++, at++) to[at] = matrix[i * columns + j]!;
    }
  }
}
