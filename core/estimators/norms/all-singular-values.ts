import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { singularValues } from '../../compute/linear-algebra/singular-values.ts';
import { type LinearMap, matrixOf, type Matrix } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import { groupOf } from './convolution.ts';
import { written } from './opaque.ts';

/** A singular value, and how often it occurs. */
export interface Repeated {
  readonly value: number;
  readonly times: number;
}

const largestSide = 640;
const mostProducts = 1e9;

/** All min(rows, columns) singular values, the largest first; undefined where the matrix is too large to write down. */
export async function allSingularValues(map: LinearMap, pace: Pace): Promise<readonly Repeated[] | undefined> {
  const values = await ofStructure(map, pace);
  if (values === undefined) return undefined;
  const sorted = values.toSorted((a, b) => b.value - a.value);
  // Wide beside tall factors leave fewer of them: the rest are 0. Tall beside wide groups leave zeros too many.
  const known = sorted.reduce((count, { times }) => count + times, 0);
  const missing = Math.min(map.rows, map.columns) - known;
  return missing > 0 ? [...sorted, { value: 0, times: missing }] : sorted;
}

async function ofStructure(map: LinearMap, pace: Pace): Promise<readonly Repeated[] | undefined> {
  const { structure } = map;
  switch (structure.kind) {
    case 'diagonal':
      return Array.from(structure.entries, (entry) => ({ value: Math.abs(entry), times: 1 }));
    case 'selection': {
      // Every output is one input: W' W is the diagonal of how often each input is copied.
      const copies = map.applyTransposed(new Float64Array(map.rows).fill(1));
      return Array.from(copies.filter((count) => count > 0)).map((count) => ({ value: Math.sqrt(count), times: 1 }));
    }
    case 'dense':
      return repeated(await ofMatrix(matrixOf(structure), pace), structure.repeats);
    case 'separable': {
      const copies = map.columns / structure.factors.reduce((count, { columns }) => count * columns, 1);
      let products: readonly Repeated[] = [{ value: 1, times: copies }];
      for (const factor of structure.factors) {
        const values = await ofMatrix(factor, pace);
        if (values === undefined || values.length * products.length > 1e6) return undefined;
        products = products.flatMap(({ value, times }) => Array.from(values, (own) => ({ value: value * own, times })));
      }
      return products;
    }
    case 'convolution': {
      const { convolution } = structure;
      if (convolution.groups === 1) return repeated(await ofAny(convolutionMap(groupOf(convolution, 0)), pace), convolution.repeats); // prettier-ignore
      const values: Repeated[] = [];
      for (let g = 0; g < convolution.groups; g++) {
        const ofGroup = repeated(await ofAny(convolutionMap(groupOf(convolution, g)), pace), convolution.repeats);
        if (ofGroup === undefined || values.length > 1e6) return undefined;
        values.push(...ofGroup);
      }
      return values;
    }
    case 'opaque':
      return repeated(await ofAny(map, pace), 1);
  }
}

const repeated = (values: Float64Array | undefined, times: number): readonly Repeated[] | undefined =>
  values && Array.from(values, (value) => ({ value, times }));

async function ofMatrix(matrix: Matrix, pace: Pace): Promise<Float64Array | undefined> {
  const rows = Math.min(matrix.rows, matrix.columns);
  const columns = Math.max(matrix.rows, matrix.columns);
  if (!affordable(rows, columns, pace)) return undefined;
  if (matrix.rows <= matrix.columns) return singularValues(matrix.entries, rows, columns, pace);
  const turned = new Float64Array(matrix.entries.length);
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < rows; j++) turned[j * columns + i] = matrix.entries[i * rows + j]!;
  return singularValues(turned, rows, columns, pace);
}

async function ofAny(map: LinearMap, pace: Pace): Promise<Float64Array | undefined> {
  const rows = Math.min(map.rows, map.columns);
  const columns = Math.max(map.rows, map.columns);
  return affordable(rows, columns, pace) ? singularValues(await written(map, pace), rows, columns, pace) : undefined;
}

const affordable = (rows: number, columns: number, pace: Pace): boolean =>
  rows <= largestSide && rows * rows * columns <= mostProducts && pace.affords(2 * rows * rows * columns);
