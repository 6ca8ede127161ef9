import { elementCount } from '../../network/tensor.ts';
import type { Convolution } from '../linear-map.ts';
import { Patches } from './patches.ts';

// Convolutions as products of the kernel's rows with patches of the image.

/** Patches taken at once, in doubles: they stay in the cache while all channels are computed from them. */
const patchRoom = 2 ** 17;

/** output = kernel * input: every output is the inner product of a row of the kernel with a patch. */
export function correlateByPatches(convolution: Convolution, input: Float64Array): Float64Array {
  const patches = new Patches(convolution);
  const { length, positions } = patches;
  const output = new Float64Array(convolution.repeats * convolution.outputChannels * positions);
  const sums = new Float64Array(8);
  forEachChunk(convolution, patches, ({ repeat, group, from, to, rows, firstChannel, channels }) => {
    patches.gather(input, repeat, group, from, to, rows);
    for (let o = 0; o < channels; o += 4) {
      const last = Math.min(4, channels - o);
      const kernelAt = (firstChannel + o) * length;
      const outputAt = (repeat * convolution.outputChannels + firstChannel + o) * positions;
      for (let p = from; p < to; p += 2) {
        const pair = p + 1 < to ? 2 : 1;
        innerProducts(convolution.kernel, kernelAt, last, rows, (p - from) * length, pair, length, sums);
        for (let i = 0; i < last; i++)
          for (let j = 0; j < pair; j++) output[outputAt + i * positions + p + j] = sums[2 * i + j]!;
      }
    }
  });
  return output;
}

/**
 * Up to four rows of the kernel with up to two patches, which share what they load. Where there are fewer, the first stands in for
 * the missing ones. A function of its own, since that is what V8 compiles well.
 */
function innerProducts(
  kernel: Float64Array,
  kernelAt: number,
  channels: number,
  rows: Float64Array,
  rowAt: number,
  pair: number,
  length: number,
  sums: Float64Array,
): void {
  const k1 = channels > 1 ? length : 0;
  const k2 = channels > 2 ? 2 * length : 0;
  const k3 = channels > 3 ? 3 * length : 0;
  const next = pair > 1 ? length : 0;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = kernelAt, r = rowAt; k < kernelAt + length; k++, r++) {
    const x = rows[r]!;
    const y = rows[r + next]!;
    const w0 = kernel[k]!;
    const w1 = kernel[k + k1]!;
    const w2 = kernel[k + k2]!;
    const w3 = kernel[k + k3]!;
    a0 += w0 * x;
    a1 += w1 * x;
    a2 += w2 * x;
    a3 += w3 * x;
    b0 += w0 * y;
    b1 += w1 * y;
    b2 += w2 * y;
    b3 += w3 * y;
  }
  sums[0] = a0;
  sums[1] = b0;
  sums[2] = a1;
  sums[3] = b1;
  sums[4] = a2;
  sums[5] = b2;
  sums[6] = a3;
  sums[7] = b3;
}

/** input = kernel' * output, the adjoint: patches are made from the outputs and added up where they overlap. */
export function scatterByPatches(convolution: Convolution, output: Float64Array): Float64Array {
  const { kernel } = convolution;
  const patches = new Patches(convolution);
  const { length, positions } = patches;
  const input = new Float64Array(convolution.repeats * convolution.inputChannels * elementCount(convolution.inputSize));
  const weights = new Float64Array(4);
  forEachChunk(convolution, patches, ({ repeat, group, from, to, rows, firstChannel, channels }) => {
    rows.fill(0);
    for (let o = 0; o < channels; o += 4) {
      const outputAt = (repeat * convolution.outputChannels + firstChannel + o) * positions;
      for (let p = from; p < to; p++) {
        for (let i = 0; i < 4; i++) weights[i] = o + i < channels ? output[outputAt + i * positions + p]! : 0;
        addRows(kernel, (firstChannel + o) * length, weights, rows, (p - from) * length, length);
      }
    }
    patches.spread(rows, repeat, group, from, to, input);
  });
  return input;
}

/** Adds four rows of the kernel, times their weights, to a patch; rows of weight 0 are not read. */
function addRows(
  kernel: Float64Array,
  kernelAt: number,
  weights: Float64Array,
  rows: Float64Array,
  rowAt: number,
  length: number,
): void {
  const w0 = weights[0]!;
  const w1 = weights[1]!;
  const w2 = weights[2]!;
  const w3 = weights[3]!;
  if (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0) return;
  const k1 = w1 === 0 ? 0 : length;
  const k2 = w2 === 0 ? 0 : 2 * length;
  const k3 = w3 === 0 ? 0 : 3 * length;
  for (let k = kernelAt, r = rowAt; k < kernelAt + length; k++, r++)
    rows[r]! += w0 * kernel[k]! + w1 * kernel[k + k1]! + (w2 * kernel[k + k2]! + w3 * kernel[k + k3]!);
}

interface Chunk {
  readonly repeat: number;
  readonly group: number;
  /** The positions. */
  readonly from: number;
  readonly to: number;
  readonly firstChannel: number;
  readonly channels: number;
  /** Room for the patches of these positions, one after the other. */
  readonly rows: Float64Array;
}

function forEachChunk({ repeats, groups, outputChannels }: Convolution, patches: Patches, use: (chunk: Chunk) => void) {
  const { length, positions } = patches;
  const step = Math.max(2, Math.min(positions, Math.floor(patchRoom / Math.max(1, length))));
  const rows = new Float64Array(step * length);
  const channels = outputChannels / groups;
  for (let repeat = 0; repeat < repeats; repeat++)
    for (let group = 0; group < groups; group++)
      for (let from = 0; from < positions; from += step)
        use({
          ...{ repeat, group, rows, channels, firstChannel: group * channels },
          ...{ from, to: Math.min(positions, from + step) },
        });
}
