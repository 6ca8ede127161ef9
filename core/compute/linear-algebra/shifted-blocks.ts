import type { MatrixProducts } from '../matrix-products.ts';
import type { Pace } from './pace.ts';

/**
 * y(p) = sum over taps of W_k x(p + step_k) on rectangular grids, one matrix per tap: a convolution of stride 1 written for speed.
 * Vectors are channel after channel, each a row-major grid; positions outside the input grid count as 0.
 */
export interface ShiftedBlocks {
  readonly outputChannels: number;
  readonly inputChannels: number;
  readonly outputSize: readonly number[];
  readonly inputSize: readonly number[];
  readonly taps: readonly ShiftedBlock[];
}

export interface ShiftedBlock {
  readonly step: readonly number[];
  /** outputChannels x inputChannels, row-major. */
  readonly matrix: Float64Array;
}

/** The map that is this one's transpose. */
export function adjointBlocks(blocks: ShiftedBlocks): ShiftedBlocks {
  const { outputChannels: rows, inputChannels: columns } = blocks;
  return {
    outputChannels: columns,
    inputChannels: rows,
    outputSize: blocks.inputSize,
    inputSize: blocks.outputSize,
    taps: blocks.taps.map(({ step, matrix }) => {
      const flipped = new Float64Array(matrix.length);
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) flipped[j * rows + i] = matrix[i * columns + j]!;
      return { step: step.map((by) => -by), matrix: flipped };
    }),
  };
}

/** What a map computes with: single precision to search, double to prove. */
export interface Precision<A extends Float32Array | Float64Array = Float32Array | Float64Array> {
  readonly array: (length: number) => A;
  /** (rows x inner) times (inner x columns), row-major. */
  readonly product: (
    products: MatrixProducts,
    a: { readonly rows: number; readonly columns: number; readonly entries: A },
    b: { readonly rows: number; readonly columns: number; readonly entries: A },
  ) => Promise<A>;
}

export const single: Precision<Float32Array> = {
  array: (length) => new Float32Array(length),
  product: (products, a, b) => products.singleProduct(a, b),
};

export const double: Precision<Float64Array> = {
  array: (length) => new Float64Array(length),
  product: (products, a, b) => products.product(a, b),
};

/** Numbers in one piece of the unfolded input. */
const largestPiece = 2e6;
/** Products of one piece that plain loops do before the runtime is called. */
const worthACall = 2e5;

/**
 * Prepared once, applied many times: the input is unfolded, every position's reach as one column, and multiplied by all taps at once.
 * Every output is one sum in some order, so its error is that of any such sum.
 */
export function shiftedBlocksMap<A extends Float32Array | Float64Array>(
  blocks: ShiftedBlocks,
  { array, product }: Precision<A>,
  pace: Pace,
): (x: Float64Array) => Promise<Float64Array> {
  const { outputChannels, inputChannels, outputSize, inputSize, taps } = blocks;
  const axes = outputSize.map((_, axis) => axis);
  const lowest = axes.map((axis) => Math.min(0, ...taps.map(({ step }) => step[axis]!)));
  // The input with a margin of zeros wide enough that no step leaves it.
  const padded = axes.map((axis) => {
    const highest = Math.max(0, ...taps.map(({ step }) => step[axis]!));
    return Math.max(outputSize[axis]! + highest, inputSize[axis]!) - lowest[axis]!;
  });
  const strides = axes.map((axis) => padded.slice(axis + 1).reduce((a, b) => a * b, 1));
  const plane = padded.reduce((a, b) => a * b, 1);
  const place = (position: readonly number[]): number =>
    position.reduce((at, p, axis) => at + (p - lowest[axis]!) * strides[axis]!, 0);

  const reach = taps.length * inputChannels;
  const weights = array(outputChannels * reach);
  const offsets = new Int32Array(reach);
  taps.forEach(({ step, matrix }, tap) => {
    const shift = step.reduce((at, by, axis) => at + by * strides[axis]!, 0);
    for (let c = 0; c < inputChannels; c++) offsets[tap * inputChannels + c] = c * plane + shift;
    for (let o = 0; o < outputChannels; o++)
      weights.set(matrix.subarray(o * inputChannels, (o + 1) * inputChannels), o * reach + tap * inputChannels);
  });

  const width = outputSize.at(-1) ?? 1;
  const inputWidth = inputSize.at(-1) ?? 1;
  const bases = Int32Array.from(rowStarts(outputSize), (position) => place([...position, 0]));
  const inputBases = Int32Array.from(rowStarts(inputSize), (position) => place([...position, 0]));
  const outputPlane = bases.length * width;
  const inputPlane = inputBases.length * inputWidth;
  const canvas = array(inputChannels * plane);
  const rowsAtOnce = Math.max(1, Math.floor(largestPiece / (reach * width)));
  return async (x) => {
    for (let c = 0; c < inputChannels; c++)
      inputBases.forEach((base, row) => {
        const from = c * inputPlane + row * inputWidth;
        for (let k = 0; k < inputWidth; k++) canvas[c * plane + base + k] = x[from + k]!;
      });
    const y = new Float64Array(outputChannels * outputPlane);
    for (let first = 0; first < bases.length; first += rowsAtOnce) {
      const rows = bases.subarray(first, first + rowsAtOnce);
      const columns = rows.length * width;
      const unfolded = unfold(canvas, array(reach * columns), offsets, rows, width);
      const left = { rows: outputChannels, columns: reach, entries: weights };
      const right = { rows: reach, columns, entries: unfolded };
      const part =
        outputChannels * reach * columns < worthACall
          ? plainProduct(left, right)
          : await product(pace.products, left, right);
      for (let o = 0; o < outputChannels; o++)
        y.set(part.subarray(o * columns, (o + 1) * columns), o * outputPlane + first * width);
      await pace.rest();
    }
    return y;
  };
}

/** Positions of all rows along the last axis. */
function rowStarts(size: readonly number[]): readonly (readonly number[])[] {
  return size
    .slice(0, -1)
    .reduce<readonly (readonly number[])[]>(
      (all, length) => all.flatMap((p) => Array.from({ length }, (_, i) => [...p, i])),
      [[]],
    );
}

/** One row for each tap and channel, one column for each output position. */
function unfold<A extends Float32Array | Float64Array>(
  canvas: A,
  to: A,
  offsets: Int32Array,
  rows: Int32Array,
  width: number,
): A {
  let at = 0;
  for (const offset of offsets)
    for (const base of rows) {
      const from = base + offset;
      for (let k = 0; k < width; k++) to[at + k] = canvas[from + k]!;
      at += width;
    }
  return to;
}

interface Factor {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float32Array | Float64Array;
}

function plainProduct(a: Factor, b: Factor): Float64Array {
  const result = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    const row = result.subarray(i * b.columns, (i + 1) * b.columns);
    for (let k = 0; k < a.columns; k++) {
      const factor = a.entries[i * a.columns + k]!;
      for (let j = 0, at = k * b.columns; j < b.columns; j++, at++) row[j]! += factor * b.entries[at]!;
    }
  }
  return result;
}
