import { elementCount, type Shape } from '../../network/tensor.ts';
import type { LinearMap, Matrix } from '../linear-map.ts';

/** A matrix that acts along one axis of a tensor. */
export interface AxisMatrix {
  readonly axis: number;
  readonly matrix: Matrix;
}

/**
 * Small matrices along some axes of a tensor, the identity along the others: a Kronecker product, whose singular values are the
 * products of those of the factors, and whose norms therefore are the products of their norms.
 */
export function separableMap(shape: Shape, along: readonly AxisMatrix[], entryError = 0): LinearMap {
  const columns = elementCount(shape);
  const outputShape = [...shape];
  for (const { axis, matrix } of along) outputShape[axis] = matrix.rows;
  return {
    rows: elementCount(outputShape),
    columns,
    // Roundings along the axes follow one another, so their counts add up.
    terms: along.reduce((sum, { matrix }) => sum + Math.max(matrix.rows, matrix.columns), 1),
    structure: { kind: 'separable', factors: along.map(({ matrix }) => matrix) },
    entryError,
    apply: (x) => alongAxes(x, shape, along),
    applyTransposed: (y) =>
      alongAxes(
        y,
        outputShape,
        along.map(({ axis, matrix }) => ({ axis, matrix: transposed(matrix) })),
      ),
    magnitude: () =>
      separableMap(
        shape,
        along.map(({ axis, matrix }) => ({ axis, matrix: { ...matrix, entries: matrix.entries.map(Math.abs) } })),
        entryError,
      ),
  };
}

function transposed({ rows, columns, entries }: Matrix): Matrix {
  const flipped = new Float64Array(entries.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = entries[i * columns + j]!;
  return { rows: columns, columns: rows, entries: flipped };
}

function alongAxes(x: Float64Array, shape: Shape, along: readonly AxisMatrix[]): Float64Array {
  let current = x;
  const sizes = [...shape];
  for (const { axis, matrix } of along) {
    const outer = elementCount(sizes.slice(0, axis));
    const inner = elementCount(sizes.slice(axis + 1));
    current = alongAxis(current, matrix, outer, inner);
    sizes[axis] = matrix.rows;
  }
  return current;
}

function alongAxis(x: Float64Array, { rows, columns, entries }: Matrix, outer: number, inner: number): Float64Array {
  const y = new Float64Array(outer * rows * inner);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const factor = entries[i * columns + j]!;
        if (factor === 0) continue;
        const to = (o * rows + i) * inner;
        const from = (o * columns + j) * inner;
        for (let k = 0; k < inner; k++) y[to + k]! += factor * x[from + k]!;
      }
  return y;
}
