import type { ShiftedBlocks } from './shifted-blocks.ts';

/** The input of shifted blocks with a margin of zeros wide enough that no step leaves it, and just as wide that every step and output position meet. */
export interface Canvas {
  readonly channels: number;
  readonly size: readonly number[];
  readonly plane: number;
  /** Of every tap, how far it reads from an output position. */
  readonly shifts: Int32Array;
  /** Where the rows of output positions along the last axis begin, and how long they are. */
  readonly bases: Int32Array;
  readonly width: number;
  /** Copies an input between the margins, which stay as they are. */
  paint(x: Float64Array | Float32Array, to: Float64Array | Float32Array): void;
}

export function canvasOf({ inputChannels: channels, outputSize, inputSize, taps }: ShiftedBlocks): Canvas {
  const axes = outputSize.map((_, axis) => axis);
  const lowest = axes.map((axis) => Math.min(...taps.map(({ step }) => step[axis]!)));
  const highest = axes.map((axis) => Math.max(...taps.map(({ step }) => step[axis]!)));
  // Position p of the input stands at p - lowest; what no output reads is left out.
  const size = axes.map((axis) => outputSize[axis]! + highest[axis]! - lowest[axis]!);
  const strides = axes.map((axis) => size.slice(axis + 1).reduce((a, b) => a * b, 1));
  const plane = size.reduce((a, b) => a * b, 1);
  const offset = (index: readonly number[]): number => index.reduce((at, p, axis) => at + p * strides[axis]!, 0);

  const inputWidth = inputSize.at(-1) ?? 1;
  const inputPlane = inputSize.reduce((a, b) => a * b, 1);
  const left = lowest.at(-1) ?? 0;
  // Along the last axis, the part of the input that is read.
  const from = Math.max(0, left);
  const to = Math.min(inputWidth, left + (size.at(-1) ?? 1));
  const rows = rowStarts(inputSize).flatMap((position, row) => {
    const at = position.map((p, axis) => p - lowest[axis]!);
    return at.every((p, axis) => p >= 0 && p < size[axis]!)
      ? [{ source: row * inputWidth, target: offset([...at, 0]) - left }]
      : [];
  });
  return {
    channels,
    size,
    plane,
    shifts: Int32Array.from(taps, ({ step }) => offset(step.map((by, axis) => by - lowest[axis]!))),
    bases: Int32Array.from(rowStarts(outputSize), (position) => offset([...position, 0])),
    width: outputSize.at(-1) ?? 1,
    paint(x, canvas) {
      for (let c = 0; c < channels; c++)
        for (const { source, target } of rows) {
          const start = c * inputPlane + source;
          const place = c * plane + target;
          for (let k = from; k < to; k++) canvas[place + k] = x[start + k]!;
        }
    },
  };
}

/** Positions of all rows along the last axis. */
const rowStarts = (size: readonly number[]): readonly (readonly number[])[] =>
  size
    .slice(0, -1)
    .reduce<readonly (readonly number[])[]>(
      (all, length) => all.flatMap((p) => Array.from({ length }, (_, i) => [...p, i])),
      [[]],
    );
