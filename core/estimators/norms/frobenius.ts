import type { Convolution, LinearMap } from '../../operators/linear-map.ts';
import { axesOf, combinations, flatIndex, landings, product } from './landing.ts';

/** The square root of the sum of all squared entries, or undefined for a map that is too large to write down. */
export function frobeniusNorm(map: LinearMap): number | undefined {
  const { structure } = map;
  switch (structure.kind) {
    case 'dense':
      return rootOfSquares(structure.matrix) * Math.sqrt(structure.repeats);
    case 'diagonal':
      return rootOfSquares(structure.entries);
    case 'convolution':
      return ofConvolution(structure.convolution);
    case 'selection': {
      // One entry of 1 in every row that is not filled in.
      const rows = map.apply(new Float64Array(map.columns).fill(1));
      return Math.sqrt(rows.reduce((sum, one) => sum + one, 0));
    }
    case 'separable': {
      const factors = structure.factors.reduce((norm, { entries }) => norm * rootOfSquares(entries), 1);
      // Axes without a factor carry the identity.
      const copies = map.columns / structure.factors.reduce((count, { columns }) => count * columns, 1);
      return factors * Math.sqrt(copies);
    }
    case 'opaque':
      return undefined;
  }
}

/** Scaled by the largest entry, so that squares neither vanish nor overflow. */
export function rootOfSquares(entries: Float64Array): number {
  const largest = entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  if (largest === 0) return 0;
  return largest * Math.sqrt(entries.reduce((sum, entry) => sum + (entry / largest) ** 2, 0));
}

/** Every tap counts as often as it lands inside the input; the others read padding. */
function ofConvolution(convolution: Convolution): number {
  const { kernel, kernelSize, repeats } = convolution;
  const taps = product(kernelSize);
  const counts = new Float64Array(taps);
  const axes = axesOf(convolution).map((axis) => axis.offsets.map((_, tap) => ({ tap, count: landings(axis, tap) })));
  for (const choice of combinations(axes))
    counts[flatIndex(choice.map(({ tap }) => tap), kernelSize)] = product(choice.map(({ count }) => count)); // prettier-ignore
  return rootOfSquares(kernel.map((entry, at) => entry * Math.sqrt(counts[at % taps]! * repeats)));
}
