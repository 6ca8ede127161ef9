import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { smallestSingularValue } from '../../compute/linear-algebra/smallest-singular-value.ts';
import { type LinearMap, matrixOf, type Matrix } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import { groupOf } from './convolution.ts';
import { written } from './opaque.ts';

const largestSide = 640;
const mostProducts = 1e9;

/**
 * The smallest of the min(rows, columns) singular values, or undefined where the matrix is too large to write down. True up to
 * ordinary rounding: an absolute error of some units of the norm.
 */
export async function smallestOf(map: LinearMap, pace: Pace): Promise<number | undefined> {
  const { structure } = map;
  switch (structure.kind) {
    case 'diagonal':
      return structure.entries.reduce((least, entry) => Math.min(least, Math.abs(entry)), Number.POSITIVE_INFINITY);
    case 'selection':
      return ofSelection(map);
    case 'dense':
      return ofMatrix(matrixOf(structure), pace);
    case 'separable':
      return ofFactors(structure.factors, map, pace);
    case 'convolution': {
      const { convolution } = structure;
      let smallest = Number.POSITIVE_INFINITY;
      for (let g = 0; g < convolution.groups; g++) {
        const group = convolutionMap(groupOf(convolution, g));
        const ofGroup = convolution.groups <= 4096 ? await ofAnyMap(group, pace) : undefined;
        if (ofGroup === undefined) return undefined;
        smallest = Math.min(smallest, ofGroup);
      }
      return smallest;
    }
    case 'opaque':
      return ofAnyMap(map, pace);
  }
}

/** Every output is one input: W' W is the diagonal of how often each input is copied. */
function ofSelection(map: LinearMap): number {
  const copies = map.applyTransposed(new Float64Array(map.rows).fill(1));
  const used = copies.filter((count) => count > 0);
  // With fewer used inputs than min(rows, columns) some singular value is 0.
  return used.length < Math.min(map.rows, map.columns)
    ? 0
    : Math.sqrt(used.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY));
}

async function ofMatrix(matrix: Matrix, pace: Pace): Promise<number | undefined> {
  const wide = matrix.rows <= matrix.columns;
  const rows = wide ? matrix.rows : matrix.columns;
  const columns = wide ? matrix.columns : matrix.rows;
  if (!affordable(rows, columns, pace)) return undefined;
  const entries = wide ? matrix.entries : new Float64Array(matrix.entries.length);
  if (!wide)
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < rows; j++) entries[j * columns + i] = matrix.entries[i * rows + j]!;
  return smallestSingularValue(entries, rows, columns, pace);
}

async function ofAnyMap(map: LinearMap, pace: Pace): Promise<number | undefined> {
  const rows = Math.min(map.rows, map.columns);
  const columns = Math.max(map.rows, map.columns);
  return affordable(rows, columns, pace)
    ? smallestSingularValue(await written(map, pace), rows, columns, pace)
    : undefined;
}

const affordable = (rows: number, columns: number, pace: Pace): boolean => {
  const products = rows * rows * columns;
  return rows <= largestSide && products <= mostProducts && pace.affords(products);
};

/**
 * Singular values of a Kronecker product are all products of the factors'. Mixing a wide with a tall factor leaves fewer of
 * them than min(rows, columns): the rest are 0.
 */
async function ofFactors(factors: readonly Matrix[], map: LinearMap, pace: Pace): Promise<number | undefined> {
  const copies = map.columns / factors.reduce((count, { columns }) => count * columns, 1);
  const values = factors.reduce((count, { rows, columns }) => count * Math.min(rows, columns), copies);
  if (values < Math.min(map.rows, map.columns)) return 0;
  let smallest = 1;
  for (const factor of factors) {
    const ofFactor = await ofMatrix(factor, pace);
    if (ofFactor === undefined) return undefined;
    smallest *= ofFactor;
  }
  return smallest;
}
