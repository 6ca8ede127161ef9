import { elementCount } from '../../network/tensor.ts';
import type { Convolution } from '../linear-map.ts';
import { threeAxes } from './patches.ts';

// Convolutions tap by tap: for few channels in a group (depthwise ones), where gathering patches would cost more than it saves.

/** output = kernel * input. */
export function correlateByRuns(convolution: Convolution, input: Float64Array): Float64Array {
  const output = new Float64Array(
    convolution.repeats * convolution.outputChannels * elementCount(convolution.outputSize),
  );
  forEachRun(convolution, (weight, inputAt, inputStep, outputAt, length) => {
    for (let k = 0, i = inputAt; k < length; k++, i += inputStep) output[outputAt + k]! += weight * input[i]!;
  });
  return output;
}

/** input = kernel' * output, the adjoint. */
export function scatterByRuns(convolution: Convolution, output: Float64Array): Float64Array {
  const input = new Float64Array(convolution.repeats * convolution.inputChannels * elementCount(convolution.inputSize));
  forEachRun(convolution, (weight, inputAt, inputStep, outputAt, length) => {
    for (let k = 0, i = inputAt; k < length; k++, i += inputStep) input[i]! += weight * output[outputAt + k]!;
  });
  return input;
}

type Run = (weight: number, inputAt: number, inputStep: number, outputAt: number, length: number) => void;

/** Visits every tap of the kernel as runs along the last axis, where only in-bounds positions are left. */
function forEachRun(convolution: Convolution, run: Run): void {
  const { repeats, groups, inputChannels, outputChannels, kernel } = convolution;
  const [inputDepth, inputHeight, inputWidth] = threeAxes(convolution.inputSize, 1);
  const [outputDepth, outputHeight, outputWidth] = threeAxes(convolution.outputSize, 1);
  const [kernelDepth, kernelHeight, kernelWidth] = threeAxes(convolution.kernelSize, 1);
  const [strideDepth, strideHeight, strideWidth] = threeAxes(convolution.strides, 1);
  const [dilationDepth, dilationHeight, dilationWidth] = threeAxes(convolution.dilations, 1);
  const [padDepth, padHeight, padWidth] = threeAxes(convolution.padsBegin, 0);
  const inputsPerGroup = inputChannels / groups;
  const outputsPerGroup = outputChannels / groups;
  const inputPlane = inputDepth * inputHeight * inputWidth;
  const outputPlane = outputDepth * outputHeight * outputWidth;

  for (let repeat = 0; repeat < repeats; repeat++)
    for (let o = 0; o < outputChannels; o++) {
      const group = Math.floor(o / outputsPerGroup);
      const outputBase = (repeat * outputChannels + o) * outputPlane;
      let at = o * inputsPerGroup * kernelDepth * kernelHeight * kernelWidth;
      for (let c = 0; c < inputsPerGroup; c++) {
        const inputBase = (repeat * inputChannels + group * inputsPerGroup + c) * inputPlane;
        for (let a = 0; a < kernelDepth; a++)
          for (let b = 0; b < kernelHeight; b++)
            for (let d = 0; d < kernelWidth; d++) {
              const weight = kernel[at++]!;
              if (weight === 0) continue;
              const shift = d * dilationWidth - padWidth;
              const first = Math.max(0, Math.ceil(-shift / strideWidth));
              const last = Math.min(outputWidth - 1, Math.floor((inputWidth - 1 - shift) / strideWidth));
              if (last < first) continue;
              for (let z = 0; z < outputDepth; z++) {
                const inputZ = z * strideDepth + a * dilationDepth - padDepth;
                if (inputZ < 0 || inputZ >= inputDepth) continue;
                for (let y = 0; y < outputHeight; y++) {
                  const inputY = y * strideHeight + b * dilationHeight - padHeight;
                  if (inputY < 0 || inputY >= inputHeight) continue;
                  const inputRow = inputBase + (inputZ * inputHeight + inputY) * inputWidth;
                  const outputRow = outputBase + (z * outputHeight + y) * outputWidth;
                  run(weight, inputRow + first * strideWidth + shift, strideWidth, outputRow + first, last - first + 1);
                }
              }
            }
      }
    }
}
