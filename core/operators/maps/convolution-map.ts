import { elementCount } from '../../network/tensor.ts';
import type { Convolution, LinearMap } from '../linear-map.ts';
import { correlateByPatches, scatterByPatches } from './convolution-products.ts';
import { correlateByRuns, scatterByRuns } from './convolution-runs.ts';

/** The convolution (or its adjoint, for transposed ones) as a matrix that is only ever applied. */
export function convolutionMap(convolution: Convolution, entryError = 0): LinearMap {
  const { repeats, inputChannels, outputChannels, inputSize, outputSize } = convolution;
  const inputs = repeats * inputChannels * elementCount(inputSize);
  const outputs = repeats * outputChannels * elementCount(outputSize);
  const forward = convolution.direction === 'forward';
  const taps = elementCount(convolution.kernelSize);
  const reached = elementCount(convolution.kernelSize.map((size, axis) => tapsOnAnInput(size, convolution.strides[axis]!, convolution.dilations[axis]!))); // prettier-ignore
  return {
    rows: forward ? outputs : inputs,
    columns: forward ? inputs : outputs,
    terms: Math.max(inputChannels * taps, outputChannels * reached) / convolution.groups,
    structure: { kind: 'convolution', convolution },
    entryError,
    apply: (x) => (forward ? correlate(convolution, x) : scatter(convolution, x)),
    applyTransposed: (y) => (forward ? scatter(convolution, y) : correlate(convolution, y)),
    magnitude: () => convolutionMap({ ...convolution, kernel: convolution.kernel.map(Math.abs) }, entryError),
  };
}

/** Along one axis an input meets every tap whose distance to it the stride divides. */
function tapsOnAnInput(kernel: number, stride: number, dilation: number): number {
  let [a, b] = [stride, dilation];
  while (b !== 0) [a, b] = [b, a % b];
  return Math.ceil(kernel / (stride / a));
}

/** With fewer outputs in a group, patches are not worth gathering. */
const worthPatches = ({ outputChannels, groups }: Convolution): boolean => outputChannels / groups >= 4;

/** output = kernel * input. */
const correlate = (convolution: Convolution, input: Float64Array): Float64Array =>
  (worthPatches(convolution) ? correlateByPatches : correlateByRuns)(convolution, input);

/** input = kernel' * output, the adjoint. */
const scatter = (convolution: Convolution, output: Float64Array): Float64Array =>
  (worthPatches(convolution) ? scatterByPatches : scatterByRuns)(convolution, output);
