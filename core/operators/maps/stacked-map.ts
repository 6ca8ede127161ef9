import type { LinearMap } from '../linear-map.ts';

export interface ProductSizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** On which side of the data the constants stand; 'transposed right' reads the data across: X' C. */
export type Side = 'left' | 'right' | 'transposed right';

/**
 * X C or C X for a stack of matrices, each with its own constant; `left` and `right` say which matrix of either factor takes part in
 * which product, since both may be broadcast.
 */
export function stackedMap(
  side: Side,
  sizes: ProductSizes,
  left: Int32Array,
  right: Int32Array,
  constants: Float64Array,
  columns: number,
  entryError = 0,
): LinearMap {
  const { rows, inner, columns: width } = sizes;
  const size = rows * width;
  // Visits every product of the sum: entry of the output, entry of the data, entry of the constants.
  const each = (visit: (to: number, from: number, constant: number) => void): void => {
    for (let m = 0; m < left.length; m++)
      for (let i = 0; i < rows; i++)
        for (let k = 0; k < inner; k++)
          for (let j = 0; j < width; j++) {
            const a = left[m]! * rows * inner + (side === 'transposed right' ? k * rows + i : i * inner + k);
            const b = (right[m]! * inner + k) * width + j;
            visit(m * size + i * width + j, side === 'left' ? b : a, side === 'left' ? a : b);
          }
  };
  const copies =
    columns === 0 ? 1 : Math.max(1, (left.length * (side === 'left' ? inner * width : rows * inner)) / columns);
  return {
    rows: left.length * size,
    columns,
    terms: Math.max(inner, (side === 'left' ? rows : width) * copies),
    structure: { kind: 'opaque' },
    entryError,
    apply(x) {
      const y = new Float64Array(left.length * size);
      each((to, from, constant) => (y[to]! += constants[constant]! * x[from]!));
      return y;
    },
    applyTransposed(y) {
      const x = new Float64Array(columns);
      each((to, from, constant) => (x[from]! += constants[constant]! * y[to]!));
      return x;
    },
    magnitude: () => stackedMap(side, sizes, left, right, constants.map(Math.abs), columns, entryError),
  };
}
