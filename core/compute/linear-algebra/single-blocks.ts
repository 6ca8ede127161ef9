import type { ScratchRoom } from '../scratch.ts';
import { canvasOf } from './canvas.ts';
import { largestMagnitude, powerOfTwoNear } from './euclidean.ts';
import type { Pace } from './pace.ts';
import type { ShiftedBlocks } from './shifted-blocks.ts';

/** Writes the image of x, times a number above 0, into `y`. */
export type SingleMap = (x: Float32Array, y: Float32Array) => Promise<void>;

/**
 * Shifted blocks or their transpose in single precision, to search with: one convolution of ONNX Runtime, its weights scaled near 1. Undefined
 * where the steps fill so little of the window they span that it would mostly multiply by zeros, or have more axes than ONNX
 * Runtime takes.
 */
export function singleBlocksMap(
  blocks: ShiftedBlocks,
  direction: 'forward' | 'adjoint',
  room: ScratchRoom,
  pace: Pace,
): SingleMap | undefined {
  const { outputChannels, inputChannels, taps } = direction === 'forward' ? blocks : flipped(blocks);
  const axes = blocks.outputSize.map((_, axis) => axis);
  const steps = axes.map((axis) => taps.map(({ step }) => step[axis]!));
  const lowest = steps.map((of) => Math.min(...of));
  const dilations = steps.map((of, axis) => Math.max(1, of.reduce((common, step) => divisor(common, step - lowest[axis]!), 0))); // prettier-ignore
  const kernelSize = steps.map((of, axis) => (Math.max(...of) - lowest[axis]!) / dilations[axis]! + 1);
  const window = kernelSize.reduce((a, b) => a * b, 1);
  if (axes.length === 0 || axes.length > 3 || window > 2 * taps.length + 2) return undefined;

  const canvas = canvasOf(direction === 'forward' ? blocks : flipped(blocks));
  const image = room.singles(inputChannels * canvas.plane).fill(0);
  const kernel = room.singles(outputChannels * inputChannels * window).fill(0);
  const places = taps.map(({ step }) =>
    step.reduce((at, by, axis) => at * kernelSize[axis]! + (by - lowest[axis]!) / dilations[axis]!, 0),
  );
  fillKernel(kernel, blocks, direction, places, window);
  const convolution = {
    inputs: inputChannels,
    outputs: outputChannels,
    image,
    imageSize: canvas.size,
    kernel,
    kernelSize,
    dilations,
  };
  return async (x, y) => {
    canvas.paint(x, image);
    await pace.products.singleConvolution(convolution, y);
    await pace.rest();
  };
}

/** The transpose, but for its matrices. */
const flipped = (blocks: ShiftedBlocks): ShiftedBlocks => ({
  outputChannels: blocks.inputChannels,
  inputChannels: blocks.outputChannels,
  outputSize: blocks.inputSize,
  inputSize: blocks.outputSize,
  taps: blocks.taps.map(({ step, matrix }) => ({ step: step.map((by) => -by), matrix })),
});

/** Rows and columns that the caches hold at the same time. */
const tile = 8;

function fillKernel(
  kernel: Float32Array,
  { outputChannels, inputChannels, taps }: ShiftedBlocks,
  direction: 'forward' | 'adjoint',
  places: readonly number[],
  window: number,
): void {
  const scale = 1 / powerOfTwoNear(taps.reduce((most, { matrix }) => Math.max(most, largestMagnitude(matrix)), 0));
  const [byOutput, byInput] = direction === 'forward' ? [inputChannels, 1] : [1, outputChannels];
  for (const [k, { matrix }] of taps.entries())
    for (let top = 0; top < outputChannels; top += tile)
      for (let left = 0; left < inputChannels; left += tile) {
        const right = Math.min(inputChannels, left + tile);
        for (let o = top; o < Math.min(outputChannels, top + tile); o++)
          for (let c = left; c < right; c++)
            kernel[(o * byOutput + c * byInput) * window + places[k]!] = scale * matrix[o * inputChannels + c]!;
      }
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
