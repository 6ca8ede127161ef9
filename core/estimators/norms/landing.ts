import type { Convolution } from '../../operators/linear-map.ts';

/** One spatial axis of a convolution: output position p reads input position `stride * p + offsets[k]` with its k-th tap. */
export interface Axis {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly stride: number;
  readonly offsets: readonly number[];
}

export function axesOf(convolution: Convolution): readonly Axis[] {
  return convolution.kernelSize.map((size, axis) => ({
    inputSize: convolution.inputSize[axis]!,
    outputSize: convolution.outputSize[axis]!,
    stride: convolution.strides[axis]!,
    offsets: Array.from({ length: size }, (_, k) => k * convolution.dilations[axis]! - convolution.padsBegin[axis]!),
  }));
}

export const inputPosition = (axis: Axis, output: number, tap: number): number | undefined => {
  const position = output * axis.stride + axis.offsets[tap]!;
  return position >= 0 && position < axis.inputSize ? position : undefined;
};

/** How many output positions a tap reads the input from, where the others read padding. */
export function landings(axis: Axis, tap: number): number {
  let count = 0;
  for (let p = 0; p < axis.outputSize; p++) if (inputPosition(axis, p, tap) !== undefined) count++;
  return count;
}

/**
 * The distinct sets of taps that meet at an output position (taps that read the input there) or at an input position (taps
 * that read it). Only a border and an interior, or a few phases of the stride, however large the image.
 */
export function tapSets(axis: Axis, side: 'output' | 'input'): readonly (readonly number[])[] {
  const sets: number[][] = Array.from({ length: side === 'output' ? axis.outputSize : axis.inputSize }, () => []);
  for (let p = 0; p < axis.outputSize; p++)
    for (let k = 0; k < axis.offsets.length; k++) {
      const q = inputPosition(axis, p, k);
      if (q !== undefined) sets[side === 'output' ? p : q]!.push(k);
    }
  const distinct = new Map(sets.map((set) => [set.join(), set]));
  return [...distinct.values()];
}

/** All ways to take one entry of every list. */
export function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  // With loops: of an image there are tens of thousands.
  let all: (readonly T[])[] = [[]];
  for (const list of lists) {
    const longer: (readonly T[])[] = [];
    for (const chosen of all) for (const entry of list) longer.push([...chosen, entry]);
    all = longer;
  }
  return all;
}

/** Row-major position of a multi-index. */
export const flatIndex = (index: readonly number[], sizes: readonly number[]): number =>
  index.reduce((flat, at, axis) => flat * sizes[axis]! + at, 0);

export const product = (sizes: readonly number[]): number => sizes.reduce((count, size) => count * size, 1);
