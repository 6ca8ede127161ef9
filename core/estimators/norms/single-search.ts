import { largestMagnitude, powerOfTwoNear } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { leadingVector } from '../../compute/linear-algebra/single-lanczos.ts';
import type { SingleConvolution } from '../../compute/matrix-products.ts';
import type { ScratchRoom } from '../../compute/scratch.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { product } from './landing.ts';

/** Where to look from: an input, or an output whose pulled-back image it is. */
export interface Start {
  readonly side: 'input' | 'output';
  readonly vector: Float64Array;
}

/**
 * About the input that a convolution stretches most, by Lanczos steps in single precision. It only ever is a candidate: what is claimed about it
 * is computed in doubles. For one forward group in the form that `firstOutputs` gives it.
 */
export async function stretchedMost(
  convolution: Convolution,
  start: Start,
  effort: { readonly steps: number; readonly tolerance: number },
  room: ScratchRoom,
  pace: Pace,
): Promise<Float64Array> {
  const { inputChannels, inputSize, outputChannels, outputSize } = convolution;
  const single = rounded(convolution, room);
  const from = room.singles(inputChannels * product(inputSize));
  if (start.side === 'input') from.set(start.vector);
  else {
    const image = room.singles(outputChannels * product(outputSize));
    image.set(start.vector);
    await pace.products.singleAdjoint(single, image, from);
  }
  return leadingVector(
    async (x, y) => {
      await pace.products.singleGram(single, x, y);
      await pace.rest();
    },
    from,
    effort,
    room,
  );
}

/** Scaled near 1, as squares of what is far from it leave single precision. */
function rounded(convolution: Convolution, room: ScratchRoom): SingleConvolution {
  const scale = 1 / powerOfTwoNear(largestMagnitude(convolution.kernel));
  const kernel = room.singles(convolution.kernel.length);
  for (let i = 0; i < kernel.length; i++) kernel[i] = scale * convolution.kernel[i]!;
  if (!goesBackAsConvolution(convolution)) return { ...convolution, kernel };
  return { ...convolution, kernel, flippedKernel: flipped(convolution, kernel, room.singles(kernel.length)) };
}

/** The way back of stride 1 has margins of its own, which must not be negative; of one output nothing is gained. */
const goesBackAsConvolution = ({
  strides,
  dilations,
  kernelSize,
  padsBegin,
  padsEnd,
  outputSize,
}: Convolution): boolean =>
  product(outputSize) > 1 &&
  strides.every((stride) => stride === 1) &&
  kernelSize.every((size, axis) => Math.max(padsBegin[axis]!, padsEnd[axis]!) <= dilations[axis]! * (size - 1));

/** Rows and columns that the caches hold at the same time. */
const tile = 8;

function flipped({ inputChannels, outputChannels }: Convolution, kernel: Float32Array, to: Float32Array): Float32Array {
  const taps = kernel.length / (inputChannels * outputChannels);
  for (let top = 0; top < outputChannels; top += tile)
    for (let left = 0; left < inputChannels; left += tile)
      for (let o = top; o < Math.min(outputChannels, top + tile); o++)
        for (let c = left; c < Math.min(inputChannels, left + tile); c++) {
          const from = (o * inputChannels + c) * taps;
          const last = (c * outputChannels + o + 1) * taps - 1;
          for (let k = 0; k < taps; k++) to[last - k] = kernel[from + k]!;
        }
  return to;
}

/**
 * The part of a forward convolution between its first outputs, at most so many along every axis, and the inputs that those read: a submatrix,
 * whose norm is never larger. Undefined where these outputs see nothing but margin.
 */
export function firstOutputs(convolution: Convolution, most: number): Convolution | undefined {
  const { kernelSize, strides, dilations } = convolution;
  // A negative margin leaves out the first inputs.
  const padsBegin = convolution.padsBegin.map((pad) => Math.max(0, pad));
  const inputs = convolution.inputSize.map((size, axis) => size + Math.min(0, convolution.padsBegin[axis]!));
  const outputSize = convolution.outputSize.map((size) => Math.min(size, most));
  const reach = outputSize.map(
    (size, axis) => (size - 1) * strides[axis]! + dilations[axis]! * (kernelSize[axis]! - 1) + 1 - padsBegin[axis]!,
  );
  const inputSize = reach.map((last, axis) => Math.min(last, inputs[axis]!));
  if (inputSize.some((size) => size < 1)) return undefined;
  const padsEnd = reach.map((last, axis) => last - inputSize[axis]!);
  return { ...convolution, outputSize, inputSize, padsBegin, padsEnd };
}
