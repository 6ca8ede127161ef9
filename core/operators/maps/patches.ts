import { elementCount } from '../../network/tensor.ts';
import type { Convolution } from '../linear-map.ts';

/**
 * Where the taps of a kernel land: a patch is what the kernel sees at one output position, flattened like a row of the kernel.
 * Outside the image it sees zeros.
 */
export class Patches {
  /** Entries of one patch: channels of one group times taps. */
  readonly length: number;
  readonly positions: number;
  readonly #convolution: Convolution;
  readonly #channels: number;
  readonly #plane: number;
  readonly #input: Axes;
  readonly #output: Axes;
  readonly #kernel: Axes;
  readonly #strides: Axes;
  readonly #dilations: Axes;
  readonly #pads: Axes;

  constructor(convolution: Convolution) {
    this.#convolution = convolution;
    this.#channels = convolution.inputChannels / convolution.groups;
    this.#plane = elementCount(convolution.inputSize);
    this.#input = threeAxes(convolution.inputSize, 1);
    this.#output = threeAxes(convolution.outputSize, 1);
    this.#kernel = threeAxes(convolution.kernelSize, 1);
    this.#strides = threeAxes(convolution.strides, 1);
    this.#dilations = threeAxes(convolution.dilations, 1);
    this.#pads = threeAxes(convolution.padsBegin, 0);
    this.positions = elementCount(convolution.outputSize);
    this.length = this.#channels * elementCount(convolution.kernelSize);
  }

  /** Copies the patches of some positions into rows of `into`. */
  gather(image: Float64Array, repeat: number, group: number, from: number, to: number, into: Float64Array): void {
    into.fill(0, 0, (to - from) * this.length);
    const taps = this.length / this.#channels;
    this.#visit(repeat, group, from, to, (row, at) => {
      for (let c = 0, r = row, i = at; c < this.#channels; c++, r += taps, i += this.#plane) into[r] = image[i]!;
    });
  }

  /** The adjoint: adds rows of patches back to where they were seen. */
  spread(rows: Float64Array, repeat: number, group: number, from: number, to: number, into: Float64Array): void {
    const taps = this.length / this.#channels;
    this.#visit(repeat, group, from, to, (row, at) => {
      for (let c = 0, r = row, i = at; c < this.#channels; c++, r += taps, i += this.#plane) into[i]! += rows[r]!;
    });
  }

  /** Every tap that lands inside the image: where it stands in the first channel of its patch, and in that of the image. */
  #visit(repeat: number, group: number, from: number, to: number, visit: (row: number, at: number) => void): void {
    const [depth, height, width] = this.#input;
    const [, outputHeight, outputWidth] = this.#output;
    const [kernelDepth, kernelHeight, kernelWidth] = this.#kernel;
    const base = (repeat * this.#convolution.inputChannels + group * this.#channels) * this.#plane;
    for (let position = from; position < to; position++) {
      const x = (position % outputWidth) * this.#strides[2] - this.#pads[2];
      const y = (Math.floor(position / outputWidth) % outputHeight) * this.#strides[1] - this.#pads[1];
      const z = Math.floor(position / (outputWidth * outputHeight)) * this.#strides[0] - this.#pads[0];
      const start = (position - from) * this.length;
      for (let a = 0; a < kernelDepth; a++) {
        const inputZ = z + a * this.#dilations[0];
        if (inputZ < 0 || inputZ >= depth) continue;
        for (let b = 0; b < kernelHeight; b++) {
          const inputY = y + b * this.#dilations[1];
          if (inputY < 0 || inputY >= height) continue;
          for (let d = 0; d < kernelWidth; d++) {
            const inputX = x + d * this.#dilations[2];
            if (inputX < 0 || inputX >= width) continue;
            visit(start + (a * kernelHeight + b) * kernelWidth + d, base + (inputZ * height + inputY) * width + inputX);
          }
        }
      }
    }
  }
}

type Axes = readonly [number, number, number];

/** Sizes, strides and the like of up to three spatial axes, the missing ones in front. */
export function threeAxes(values: readonly number[], missing: number): Axes {
  if (values.length > 3) throw new RangeError('A convolution has at most three spatial axes.');
  const [a, b, c] = [...Array<number>(3 - values.length).fill(missing), ...values];
  return [a!, b!, c!];
}
