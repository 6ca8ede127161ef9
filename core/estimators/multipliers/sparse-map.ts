import { elementCount } from '../../network/tensor.ts';
import type { Convolution, LinearMap, Product } from '../../operators/linear-map.ts';
import { above, gamma } from '../../rounding.ts';
import { type SparseMatrix, SparseRows } from './sparse-matrix.ts';

/** More entries than this are not written out: half a gigabyte with what is computed from them. */
export const largestEntries = 2e7;

/** A linear map written out, or undefined when that would take too much memory or time. */
export function sparseOf(map: LinearMap): SparseMatrix | undefined {
  const error = map.entryError === 0 ? 0 : above(above(map.entryError / (1 - map.entryError)));
  const { structure } = map;
  switch (structure.kind) {
    case 'selection':
      return selection(map);
    case 'diagonal': {
      const rows = new SparseRows();
      structure.entries.forEach((value, i) => {
        if (value !== 0) rows.add(i, value);
        rows.endRow();
      });
      return rows.finish(map.columns, error);
    }
    case 'dense': {
      const { matrix, outputs, inputs, repeats } = structure;
      if (matrix.length * repeats > largestEntries) return undefined;
      const rows = new SparseRows();
      for (let r = 0; r < repeats; r++)
        for (let i = 0; i < outputs; i++) {
          for (let j = 0; j < inputs; j++)
            if (matrix[i * inputs + j] !== 0) rows.add(r * inputs + j, matrix[i * inputs + j]!);
          rows.endRow();
        }
      return rows.finish(map.columns, error);
    }
    case 'convolution':
      return convolution(structure.convolution, error);
    case 'opaque':
      return structure.product === undefined ? probed(map, error) : listed(map, structure.product, error);
    case 'separable':
      return probed(map, error);
  }
}

/** Where each element comes from shows when the input counts its elements. */
function selection(map: LinearMap): SparseMatrix {
  const sources = map.apply(Float64Array.from({ length: map.columns }, (_, j) => j + 1));
  const rows = new SparseRows();
  for (const source of sources) {
    if (source > 0) rows.add(source - 1, 1);
    rows.endRow();
  }
  return rows.finish(map.columns, 0);
}

/** Column after column; each entry is a product of few numbers. */
function probed(map: LinearMap, error: number): SparseMatrix | undefined {
  if (map.rows * map.columns > 4e7) return undefined;
  const unit = new Float64Array(map.columns);
  const columns = new SparseRows();
  for (let j = 0; j < map.columns; j++) {
    unit[j] = 1;
    map.apply(unit).forEach((value, i) => {
      if (value !== 0) columns.add(i, value);
    });
    columns.endRow();
    unit[j] = 0;
  }
  return transposed(columns.finish(map.rows, above(above((1 + error) * (1 + 2 * gamma(map.terms + 1))) - 1)));
}

/** Columns first, so that those of every row come in order. */
function listed(map: LinearMap, { each }: Product, error: number): SparseMatrix | undefined {
  const starts = new Int32Array(map.columns + 1);
  each((_row, column) => (starts[column + 1]! += 1));
  for (let j = 0; j < map.columns; j++) starts[j + 1]! += starts[j]!;
  const count = starts[map.columns]!;
  if (count > largestEntries) return undefined;
  const next = starts.slice();
  const [indices, values] = [new Int32Array(count), new Float64Array(count)];
  each((row, column, entry) => {
    const at = next[column]!++;
    indices[at] = row;
    values[at] = entry;
  });
  return transposed({ rows: map.columns, columns: map.rows, starts, indices, values, error });
}

export function transposed(matrix: SparseMatrix): SparseMatrix {
  const starts = new Int32Array(matrix.columns + 1);
  for (const column of matrix.indices) starts[column + 1]! += 1;
  for (let j = 0; j < matrix.columns; j++) starts[j + 1]! += starts[j]!;
  const next = starts.slice();
  const indices = new Int32Array(matrix.indices.length);
  const values = new Float64Array(matrix.indices.length);
  const majorants = matrix.majorants === undefined ? undefined : new Float64Array(matrix.indices.length);
  for (let i = 0; i < matrix.rows; i++)
    for (let at = matrix.starts[i]!; at < matrix.starts[i + 1]!; at++) {
      const to = next[matrix.indices[at]!]!++;
      indices[to] = i;
      values[to] = matrix.values[at]!;
      if (majorants !== undefined) majorants[to] = matrix.majorants![at]!;
    }
  const { rows: columns, columns: rows, error } = matrix;
  return { rows, columns, starts, indices, values, error, ...(majorants === undefined ? {} : { majorants }) };
}

function convolution(c: Convolution, error: number): SparseMatrix | undefined {
  const inputs = elementCount(c.inputSize);
  const outputs = elementCount(c.outputSize);
  const taps = elementCount(c.kernelSize);
  const inputsPerGroup = c.inputChannels / c.groups;
  const outputsPerGroup = c.outputChannels / c.groups;
  if (c.repeats * c.outputChannels * outputs * inputsPerGroup * taps > largestEntries) return undefined;
  /** Input position of every tap at every output position; -1 in the padding. */
  const places = new Int32Array(outputs * taps);
  for (let position = 0; position < outputs; position++)
    for (let tap = 0; tap < taps; tap++) places[position * taps + tap] = inputPlace(c, position, tap);
  const rows = new SparseRows();
  for (let r = 0; r < c.repeats; r++)
    for (let o = 0; o < c.outputChannels; o++) {
      const firstInput = r * c.inputChannels + Math.floor(o / outputsPerGroup) * inputsPerGroup;
      for (let position = 0; position < outputs; position++) {
        for (let i = 0; i < inputsPerGroup; i++)
          for (let tap = 0; tap < taps; tap++) {
            const at = places[position * taps + tap]!;
            const value = c.kernel[(o * inputsPerGroup + i) * taps + tap]!;
            if (at >= 0 && value !== 0) rows.add((firstInput + i) * inputs + at, value);
          }
        rows.endRow();
      }
    }
  const matrix = rows.finish(c.repeats * c.inputChannels * inputs, error);
  return c.direction === 'forward' ? matrix : transposed(matrix);
}

function inputPlace(c: Convolution, position: number, tap: number): number {
  let at = 0;
  let place = 1;
  let [output, offset] = [position, tap];
  for (let a = c.inputSize.length - 1; a >= 0; a--) {
    const i =
      (output % c.outputSize[a]!) * c.strides[a]! + (offset % c.kernelSize[a]!) * c.dilations[a]! - c.padsBegin[a]!;
    if (i < 0 || i >= c.inputSize[a]!) return -1;
    at += i * place;
    place *= c.inputSize[a]!;
    output = Math.floor(output / c.outputSize[a]!);
    offset = Math.floor(offset / c.kernelSize[a]!);
  }
  return at;
}
