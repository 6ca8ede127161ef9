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

/** Prepared once, applied many times. Every output is one sum in some order, so its error is that of any such sum. */
export function shiftedBlocksMap(blocks: ShiftedBlocks, pace: Pace): (x: Float64Array) => Promise<Float64Array> {
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
  const offsets = new Int32Array(reach);
  const blocksOfFour = Math.ceil(outputChannels / 4);
  const weights = new Float64Array(blocksOfFour * reach * 4);
  for (let c = 0, i = 0; c < inputChannels; c++)
    for (const { step, matrix } of taps) {
      offsets[i] = c * plane + step.reduce((at, by, axis) => at + by * strides[axis]!, 0);
      for (let o = 0; o < outputChannels; o++)
        weights[(Math.floor(o / 4) * reach + i) * 4 + (o % 4)] = matrix[o * inputChannels + c]!;
      i++;
    }

  const width = outputSize.at(-1) ?? 1;
  const rows = rowStarts(outputSize);
  const inputRows = rowStarts(inputSize);
  const inputWidth = inputSize.at(-1) ?? 1;
  const outputPlane = rows.length * width;
  const inputPlane = inputRows.length * inputWidth;
  // One number to spare, for the second of two columns of a row of odd width.
  const canvas = new Float64Array(inputChannels * plane + 1);
  return async (x) => {
    for (let c = 0; c < inputChannels; c++)
      inputRows.forEach((position, row) => {
        const from = c * inputPlane + row * inputWidth;
        canvas.set(x.subarray(from, from + inputWidth), c * plane + place([...position, 0]));
      });
    const y = new Float64Array(outputChannels * outputPlane);
    const bases = rows.map((position) => place([...position, 0]));
    // All rows of four channels before the next four: their weights stay in the cache.
    for (let block = 0; block < blocksOfFour; block++) {
      bases.forEach((base, row) =>
        rowOfFour(canvas, base, offsets, weights, block * reach * 4, {
          y,
          at: 4 * block * outputPlane + row * width,
          plane: outputPlane,
          width,
          channels: Math.min(4, outputChannels - 4 * block),
        }),
      );
      if (pace.due(4 * reach * outputPlane)) await pace.rest();
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

interface Target {
  readonly y: Float64Array;
  readonly at: number;
  readonly plane: number;
  readonly width: number;
  readonly channels: number;
}

/** Four channels, two columns at a time: eight products for six loads. */
function rowOfFour(
  canvas: Float64Array,
  base: number,
  offsets: Int32Array,
  weights: Float64Array,
  firstWeight: number,
  { y, at, plane, width, channels }: Target,
): void {
  const reach = offsets.length;
  for (let column = 0; column < width; column += 2) {
    const start = base + column;
    let a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0; // prettier-ignore
    for (let i = 0, w = firstWeight; i < reach; i++, w += 4) {
      const from = start + offsets[i]!;
      const u = canvas[from]!;
      const v = canvas[from + 1]!;
      const a = weights[w]!;
      const b = weights[w + 1]!;
      const c = weights[w + 2]!;
      const d = weights[w + 3]!;
      a0 += a * u;
      a1 += a * v;
      b0 += b * u;
      b1 += b * v;
      c0 += c * u;
      c1 += c * v;
      d0 += d * u;
      d1 += d * v;
    }
    const both = column + 1 < width;
    y[at + column] = a0;
    if (both) y[at + column + 1] = a1;
    if (channels < 2) continue;
    y[at + plane + column] = b0;
    if (both) y[at + plane + column + 1] = b1;
    if (channels < 3) continue;
    y[at + 2 * plane + column] = c0;
    if (both) y[at + 2 * plane + column + 1] = c1;
    if (channels < 4) continue;
    y[at + 3 * plane + column] = d0;
    if (both) y[at + 3 * plane + column + 1] = d1;
  }
}
