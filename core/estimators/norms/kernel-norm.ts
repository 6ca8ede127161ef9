import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution, Matrix } from '../../operators/linear-map.ts';
import { denseMap } from '../../operators/maps/dense-map.ts';
import { rootOfSquares } from './frobenius.ts';
import { product } from './landing.ts';

/**
 * The largest singular value of the kernel reshaped as PyTorch's spectral_norm does, output channels first (axis 1 of a transposed
 * convolution's weight): what training with it pins to 1, and neither an upper nor a lower end of the operator's norm.
 */
export async function kernelNorm(convolution: Convolution, pace: Pace): Promise<number> {
  const { rows, columns, entries } = reshaped(convolution);
  const size = rootOfSquares(entries);
  if (size === 0) return 0;
  const map = denseMap(entries.map((entry) => entry / size), rows, columns); // prettier-ignore
  const { value } = await largestEigenpair(
    (y) => map.apply(map.applyTransposed(y)),
    seededVector(rows, 5),
    { steps: 100, tolerance: 1e-12, cost: 2 * rows * columns },
    pace,
  );
  return Math.sqrt(value) * size;
}

function reshaped({ direction, outputChannels, inputChannels, groups, kernelSize, kernel }: Convolution): Matrix {
  if (direction === 'forward')
    return { rows: outputChannels, columns: kernel.length / outputChannels, entries: kernel };
  // Its weight is (inputs, outputs per group, kernel), which is (outputChannels, inputChannels / groups, kernel) here.
  const rows = inputChannels / groups;
  const taps = product(kernelSize);
  const entries = new Float64Array(kernel.length);
  for (let o = 0, at = 0; o < outputChannels; o++)
    for (let c = 0; c < rows; c++)
      for (let k = 0; k < taps; k++, at++) entries[(c * outputChannels + o) * taps + k] = kernel[at]!;
  return { rows, columns: outputChannels * taps, entries };
}
