import type { Convolution } from '../../operators/linear-map.ts';
import type { ShiftedBlock, ShiftedBlocks } from '../../compute/linear-algebra/shifted-blocks.ts';
import { above } from '../../rounding.ts';
import { type Axis, axesOf, combinations, flatIndex, landings, product } from './landing.ts';

/**
 * A strided convolution read as one of stride 1: the input positions s u + r with the same remainder r become channels of their
 * own on a coarse grid, and tap offsets s a + r become steps a on it. Exact up to coarse positions that lie outside the input,
 * which only enlarge the operator; so a bound for this one is a bound for the original.
 */
export interface Polyphase extends ShiftedBlocks {
  /** Input channels are the original ones times these remainders, remainder by remainder. */
  readonly remainders: readonly (readonly number[])[];
  /** Places in the coarse input that no original position stands behind: an input of the original has zeros there. */
  readonly outside: Int32Array;
}

/**
 * Of a forward convolution of one group. Taps that never land inside the input are left out: they are no part of the map. Their
 * matrices lie one after the other in one array, which `doubles` may give with anything in it.
 */
export function polyphase(
  convolution: Convolution,
  doubles: (length: number) => Float64Array = (length) => new Float64Array(length),
): Polyphase {
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
  const tapCount = product(kernelSize);
  const choices = combinations(steps);
  const distinct = new Map(choices.map((choice) => [choice.map((at) => at.step).join(), choice]));
  const order = new Map([...distinct.keys()].map((key, index) => [key, index]));
  const size = outputChannels * width;
  // A 1x1 kernel is that matrix already.
  const entries = tapCount === 1 ? kernel : doubles(distinct.size * size);
  if (tapCount > 1) {
    entries.fill(0);
    // Where the weights of every tap begin; -1 for those that are left out.
    const begin = new Int32Array(tapCount).fill(-1);
    for (const choice of choices) {
      const first = place.get(choice.map((at) => at.remainder).join())! * inputChannels;
      const flat = flatIndex(choice.map((at) => at.tap), kernelSize); // prettier-ignore
      begin[flat] = order.get(choice.map((at) => at.step).join())! * size + first;
    }
    for (let o = 0; o < outputChannels; o++)
      for (let k = 0; k < tapCount; k++) {
        if (begin[k]! < 0) continue;
        const to = begin[k]! + o * width;
        for (let c = 0, at = o * inputChannels * tapCount + k; c < inputChannels; c++, at += tapCount)
          entries[to + c] = kernel[at]!;
      }
  }
  const taps = [...distinct.values()].map((choice, index): ShiftedBlock => ({
    step: choice.map((at) => at.step),
    matrix: entries.subarray(index * size, (index + 1) * size),
  }));
  const coarse = axes.map((axis, a) =>
    Math.max(0, ...used[a]!.map((remainder) => Math.ceil((axis.inputSize - remainder) / axis.stride))),
  );
  return {
    outputChannels,
    inputChannels: width,
    remainders,
    outputSize: convolution.outputSize,
    inputSize: coarse,
    taps,
    outside: outsidePlaces(axes, remainders, coarse, inputChannels),
  };
}

function outsidePlaces(
  axes: readonly Axis[],
  remainders: readonly (readonly number[])[],
  coarse: readonly number[],
  inputChannels: number,
): Int32Array {
  const plane = product(coarse);
  const places: number[] = [];
  const positions = combinations(coarse.map((size) => Array.from({ length: size }, (_, u) => u)));
  remainders.forEach((remainder, index) => {
    positions.forEach((u, at) => {
      if (axes.every(({ stride, inputSize }, a) => u[a]! * stride + remainder[a]! < inputSize)) return;
      for (let c = 0; c < inputChannels; c++) places.push((index * inputChannels + c) * plane + at);
    });
  });
  return Int32Array.from(places);
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

/** A torus on which the symbol is looked at, and what the largest value there has to be multiplied by. */
export interface Sampling {
  readonly torus: readonly number[];
  /** At least (supremum over all frequencies that count / maximum over the grid)^2. */
  readonly factor: number;
}

/** Points per axis beyond which an axis is sampled, for every step of half the reach: the factor is then 1.0024 in all. */
const pointsPerStep = 64;

/**
 * On an axis with many positions the frequencies of the embedding lie so close together that fewer say as much: with the taps of an axis
 * at most 2d steps apart, Re <u, F(w) v> is, but for a phase, of exponential type d in that axis' frequency and bounded by its
 * supremum M, so that it falls from M no faster than M cos(d x) (M. Riesz, Bernstein; Duffin and Schaeffer), and a grid of N > 2d points,
 * wherever it begins, has one with |F| >= M cos(pi d / N). Axis by axis the cosines multiply. The supremum bounds T at any size.
 */
export const samplingOf = (phases: Polyphase): Sampling => sampling(phases, torusSize(phases), pointsPerStep);

/** The same on a torus of its own. */
export const samplingOfTorus = (phases: Polyphase, torus: readonly number[]): Sampling =>
  sampling(phases, torus, pointsPerStep);

/** The same however large the input is: every axis is sampled. */
export const samplingOfEverySize = (phases: Polyphase, perStep: number): Sampling =>
  sampling(phases, phases.inputSize.map(() => Number.POSITIVE_INFINITY), perStep); // prettier-ignore

function sampling(phases: Polyphase, sizes: readonly number[], perStep: number): Sampling {
  let factor = 1;
  const torus = sizes.map((size, axis) => {
    const steps = phases.taps.map(({ step }) => step[axis]!);
    const half = (Math.max(...steps) - Math.min(...steps)) / 2;
    const enough = Math.max(8, Math.ceil(perStep * half));
    if (size <= 1.1 * enough) return size;
    const cosine = Math.cos((Math.PI * half) / enough);
    // Cosine and angle are right to some units; these are thousands.
    factor = above((factor / cosine ** 2) * (1 + 1e-12));
    return enough;
  });
  return { torus, factor };
}
