import type { Pace } from '../../core/compute/linear-algebra/pace.ts';
import { randomSearch } from '../../core/estimators/norms/random-search.ts';
import type { Convolution, LinearMap } from '../../core/operators/linear-map.ts';

/** A layer's lower end and nothing else: from a random start, as no spectrum is known. */
export function lowerEnd({ structure }: LinearMap, pace: Pace): Promise<number> {
  if (structure.kind === 'dense')
    return randomSearch(pointwise(structure.matrix, structure.inputs, structure.outputs), pace);
  if (structure.kind === 'convolution') return randomSearch(onePixelIfPointwise(structure.convolution), pace);
  throw new Error(`No layer of the bench is of the kind ${structure.kind}.`);
}

/** A matrix at one place is as good as at all of them. */
const onePixelIfPointwise = (convolution: Convolution): Convolution =>
  convolution.kernelSize.every((size) => size === 1)
    ? pointwise(convolution.kernel, convolution.inputChannels, convolution.outputChannels)
    : convolution;

const pointwise = (kernel: Float64Array, inputChannels: number, outputChannels: number): Convolution => ({
  direction: 'forward',
  repeats: 1,
  groups: 1,
  inputChannels,
  outputChannels,
  inputSize: [1],
  outputSize: [1],
  kernelSize: [1],
  strides: [1],
  dilations: [1],
  padsBegin: [0],
  padsEnd: [0],
  kernel,
});
