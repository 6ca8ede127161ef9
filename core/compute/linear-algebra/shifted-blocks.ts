import { type Canvas, canvasOf } from './canvas.ts';
import type { ScratchRoom } from '../scratch.ts';
import type { Pace } from './pace.ts';
import { transpose } from './transpose.ts';

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
export function adjointBlocks(
  blocks: ShiftedBlocks,
  doubles: (length: number) => Float64Array = (length) => new Float64Array(length),
): ShiftedBlocks {
  const { outputChannels: rows, inputChannels: columns } = blocks;
  const entries = doubles(blocks.taps.length * rows * columns);
  return {
    outputChannels: columns,
    inputChannels: rows,
    outputSize: blocks.inputSize,
    inputSize: blocks.outputSize,
    taps: blocks.taps.map(({ step, matrix }, k) => {
      const flipped = entries.subarray(k * rows * columns, (k + 1) * rows * columns);
      transpose(matrix, rows, columns, flipped);
      return { step: step.map((by) => -by), matrix: flipped };
    }),
  };
}

/** Numbers in one piece of the shifted input: what a core's cache holds. */
const largestPiece = 2 ** 17;
/** Products of one tap and piece that plain loops do before the runtime is called. */
const worthACall = 2e5;

/**
 * Prepared once, applied many times: for every tap the input is shifted, position after position, and multiplied by its matrix.
 * Every output is one sum in some order, so its error is that of any such sum.
 */
export function shiftedBlocksMap(
  blocks: ShiftedBlocks,
  room: ScratchRoom,
  pace: Pace,
): (x: Float64Array) => Promise<Float64Array> {
  const { outputChannels, inputChannels, outputSize, taps } = blocks;
  const canvas = canvasOf(blocks);
  const image = room.doubles(inputChannels * canvas.plane);
  image.fill(0);
  const { bases, width } = canvas;
  const rowsAtOnce = Math.max(1, Math.floor(largestPiece / (Math.max(inputChannels, outputChannels) * width)));
  const shifted = room.doubles(inputChannels * Math.min(bases.length, rowsAtOnce) * width);
  const part = room.doubles(outputChannels * Math.min(bases.length, rowsAtOnce) * width);
  const outputPlane = outputSize.reduce((a, b) => a * b, 1);
  return async (x) => {
    canvas.paint(x, image);
    const y = new Float64Array(outputChannels * outputPlane);
    for (let first = 0; first < bases.length; first += rowsAtOnce) {
      const rows = bases.subarray(first, first + rowsAtOnce);
      const columns = rows.length * width;
      const sum = part.subarray(0, outputChannels * columns).fill(0);
      const right = { rows: inputChannels, columns, entries: shifted.subarray(0, inputChannels * columns) };
      for (const [tap, { matrix }] of taps.entries()) {
        shift(image, right.entries, canvas, tap, rows);
        const left = { rows: outputChannels, columns: inputChannels, entries: matrix };
        if (outputChannels * inputChannels * columns < worthACall) addPlainProduct(sum, left, right);
        else await pace.products.addProduct(sum, left, right);
        if (pace.due((outputChannels * inputChannels * columns) / 16)) await pace.rest();
      }
      for (let o = 0; o < outputChannels; o++)
        y.set(sum.subarray(o * columns, (o + 1) * columns), o * outputPlane + first * width);
    }
    return y;
  };
}

/** One row for each channel, one column for each output position: the input as one tap reads it. */
function shift(image: Float64Array, to: Float64Array, canvas: Canvas, tap: number, rows: Int32Array): void {
  const { channels, plane, width } = canvas;
  const by = canvas.shifts[tap]!;
  let at = 0;
  for (let c = 0; c < channels; c++)
    for (const base of rows) {
      const from = c * plane + base + by;
      for (let k = 0; k < width; k++) to[at + k] = image[from + k]!;
      at += width;
    }
}

interface Factor {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

function addPlainProduct(sum: Float64Array, a: Factor, b: Factor): void {
  for (let i = 0; i < a.rows; i++) {
    const row = sum.subarray(i * b.columns, (i + 1) * b.columns);
    for (let k = 0; k < a.columns; k++) {
      const factor = a.entries[i * a.columns + k]!;
      for (let j = 0, at = k * b.columns; j < b.columns; j++, at++) row[j]! += factor * b.entries[at]!;
    }
  }
}
