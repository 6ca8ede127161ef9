import type { Norm } from '../../bound.ts';

/** A Jacobian by columns: the change of the output per unit step along each basis direction. */
export type Columns = readonly Float64Array[];

/**
 * The combination of basis directions that the linear map stretches most. l1: one basis direction, by convexity. linf: the signs of
 * the row with the largest sum. l2: the leading right singular vector, by power iteration.
 */
export function steepest(columns: Columns, norm: Norm): Float64Array {
  if (norm === 'l1') return steepestColumn(columns);
  if (norm === 'linf') return steepestSigns(columns);
  return leadingSingularVector(columns);
}

function steepestColumn(columns: Columns): Float64Array {
  const sizes = columns.map((column) => column.reduce((sum, value) => sum + Math.abs(value), 0));
  const direction = new Float64Array(columns.length);
  direction[sizes.indexOf(Math.max(...sizes))] = 1;
  return direction;
}

function steepestSigns(columns: Columns): Float64Array {
  const rows = columns[0]?.length ?? 0;
  let best = 0;
  let largest = -1;
  for (let i = 0; i < rows; i++) {
    const sum = columns.reduce((total, column) => total + Math.abs(column[i]!), 0);
    if (sum > largest) [best, largest] = [i, sum];
  }
  return Float64Array.from(columns, (column) => (column[best]! < 0 ? -1 : 1));
}

function leadingSingularVector(columns: Columns): Float64Array {
  const rows = columns[0]?.length ?? 0;
  // Starting from the largest column: it is never orthogonal to everything that matters.
  let vector = steepestColumn(columns.map((column) => column.map((value) => value * value)));
  // Close singular values need many steps; large Jacobians cannot have as many.
  const steps = Math.max(40, Math.min(400, Math.floor(2e8 / Math.max(1, rows * columns.length))));
  for (let step = 0; step < steps; step++) {
    const image = new Float64Array(rows);
    columns.forEach((column, j) => {
      const factor = vector[j]!;
      if (factor !== 0) for (let i = 0; i < rows; i++) image[i]! += factor * column[i]!;
    });
    const next = Float64Array.from(columns, (column) => column.reduce((sum, value, i) => sum + value * image[i]!, 0));
    const length = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0));
    if (!(length > 0)) return vector;
    vector = next.map((value) => value / length);
  }
  return vector;
}
