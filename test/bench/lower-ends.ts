import { seededVector } from '../../core/compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../core/compute/linear-algebra/pace.ts';
import { shiftedBlocksMap } from '../../core/compute/linear-algebra/shifted-blocks.ts';
import { singleBlocksMap } from '../../core/compute/linear-algebra/single-blocks.ts';
import { leadingVector } from '../../core/compute/linear-algebra/single-lanczos.ts';
import { polyphase } from '../../core/estimators/norms/polyphase.ts';
import { quotientOf } from '../../core/estimators/norms/quotient.ts';
import { cropped, wideEnough } from '../../core/estimators/norms/stretched-wave.ts';
import type { Convolution, LinearMap } from '../../core/operators/linear-map.ts';

/** As far as a power iteration goes that ends once a step gains less than a thousandth. */
const effort = { steps: 60, tolerance: 4e-3 };

/**
 * A layer's lower end and nothing else, by the parts that lower ends of large layers are made of: Lanczos steps in single precision, here from a random start as no spectrum is known, and a quotient
 * in doubles that is certified.
 */
export async function lowerEnd({ structure, terms }: LinearMap, pace: Pace): Promise<number> {
  if (structure.kind !== 'dense' && structure.kind !== 'convolution')
    throw new Error(`No layer of the bench is of the kind ${structure.kind}.`);
  const convolution =
    structure.kind === 'dense'
      ? pointwise(structure.matrix, structure.inputs, structure.outputs)
      : onePixelIfPointwise(structure.convolution);
  const phases = cropped(polyphase(convolution), wideEnough);
  using room = pace.room();
  const forward = singleBlocksMap(phases, 'forward', room, pace)!;
  const backward = singleBlocksMap(phases, 'adjoint', room, pace)!;
  const positions = (size: readonly number[]): number => size.reduce((product, own) => product * own, 1);
  const image = room.singles(phases.outputChannels * positions(phases.outputSize));
  const inside = <A extends Float32Array | Float64Array>(x: A): A => {
    for (const place of phases.outside) x[place] = 0;
    return x;
  };
  const start = room.singles(phases.inputChannels * positions(phases.inputSize));
  start.set(seededVector(start.length, 5));
  const x = await leadingVector(
    async (from, to) => {
      await forward(from, image);
      await backward(image, to);
      inside(to);
    },
    inside(start),
    effort,
    room,
  );
  const absolute = phases.taps.reduce((sum, { matrix }) => sum + Math.hypot(...lengths(matrix)), 0);
  return quotientOf(await shiftedBlocksMap(phases, room, pace)(inside(x)), x, terms, absolute);
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

/** Frobenius norms of slices, for a number above the norm of the absolute weights. */
function lengths(matrix: Float64Array): number[] {
  const slice = 4096;
  return Array.from({ length: Math.ceil(matrix.length / slice) }, (_, k) => {
    let sum = 0;
    for (let at = k * slice; at < Math.min(matrix.length, (k + 1) * slice); at++) sum += matrix[at]! ** 2;
    return Math.sqrt(sum);
  });
}
