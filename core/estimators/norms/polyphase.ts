import type { Convolution } from '../../operators/linear-map.ts';
import { axesOf, combinations, flatIndex, landings, product } from './landing.ts';

/**
 * A strided convolution read as one of stride 1: the input positions s u + r with the same remainder r become channels of their
 * own on a coarse grid, and tap offsets s a + r become steps a on it. Exact up to coarse positions that lie outside the input,
 * which only enlarge the operator; so a bound for this one is a bound for the original.
 */
export interface Polyphase {
  readonly outputChannels: number;
  /** Original channels times the remainders that are in use, remainder by remainder. */
  readonly inputChannels: number;
  readonly remainders: readonly (readonly number[])[];
  readonly outputSize: readonly number[];
  /** Size of the coarse grid. */
  readonly inputSize: readonly number[];
  readonly taps: readonly Tap[];
}

export interface Tap {
  /** Output position p reads coarse position p + step. */
  readonly step: readonly number[];
  /** outputChannels x inputChannels, row-major. */
  readonly matrix: Float64Array;
}

/** Of a forward convolution of one group. Taps that never land inside the input are left out: they are no part of the map. */
export function polyphase(convolution: Convolution): Polyphase {
  const { outputChannels, inputChannels, kernel, kernelSize } = convolution;
  const axes = axesOf(convolution);
  const steps = axes.map((axis) =>
    axis.offsets.flatMap((offset, tap) => {
      if (landings(axis, tap) === 0) return [];
      const step = Math.floor(offset / axis.stride);
      return [{ tap, step, remainder: offset - step * axis.stride }];
    }),
  );
  const used = steps.map((axis) => [...new Set(axis.map(({ remainder }) => remainder))].sort((a, b) => a - b));
  const remainders = combinations(used);
  const place = new Map(remainders.map((remainder, index) => [remainder.join(), index]));
  const width = remainders.length * inputChannels;
  const taps = new Map<string, Tap>();
  const tapCount = product(kernelSize);
  for (const choice of combinations(steps)) {
    const step = choice.map((at) => at.step);
    const tap = taps.get(step.join()) ?? { step, matrix: new Float64Array(outputChannels * width) };
    taps.set(step.join(), tap);
    const flat = flatIndex(choice.map((at) => at.tap), kernelSize); // prettier-ignore
    const first = place.get(choice.map((at) => at.remainder).join())! * inputChannels;
    for (let o = 0; o < outputChannels; o++)
      for (let c = 0; c < inputChannels; c++)
        tap.matrix[o * width + first + c] = kernel[(o * inputChannels + c) * tapCount + flat]!;
  }
  return {
    outputChannels,
    inputChannels: width,
    remainders,
    outputSize: convolution.outputSize,
    inputSize: axes.map((axis, a) =>
      Math.max(0, ...used[a]!.map((r) => Math.ceil((axis.inputSize - r) / axis.stride))),
    ),
    taps: [...taps.values()],
  };
}

/**
 * The smallest torus on which this convolution is a compression of the (twisted) circular one: position p + step must leave the
 * input's range on the same side it leaves it on the line. Steps below 0 land at or above the input's end after wrapping, those
 * above never reach the torus' end.
 */
export const torusSize = ({ taps, inputSize, outputSize }: Polyphase): readonly number[] =>
  inputSize.map((input, axis) => {
    const steps = taps.map(({ step }) => step[axis]!);
    const output = outputSize[axis]!;
    return Math.max(input - Math.min(0, ...steps), output + Math.max(0, ...steps));
  });
