import { elementCount } from '../../network/tensor.ts';
import type { Convolution } from '../linear-map.ts';
import { Patches } from './patches.ts';
import { addRows, innerProducts } from './row-products.ts';

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
 * input = kernel' * output, the adjoint: patches are made from the outputs and added up where they overlap. Positions at which all outputs are
 * zero are passed over: a row pulled back from one unit sees few of them.
 */
export function scatterByPatches(convolution: Convolution, output: Float64Array): Float64Array {
  const { kernel } = convolution;
  const patches = new Patches(convolution);
  const { length, positions } = patches;
  const input = new Float64Array(convolution.repeats * convolution.inputChannels * elementCount(convolution.inputSize));
  const weights = new Float64Array(4);
  forEachChunk(convolution, patches, ({ repeat, group, from, to, rows, firstChannel, channels }) => {
    const start = (repeat * convolution.outputChannels + firstChannel) * positions;
    for (const [first, end] of runsOf(output, start, positions, channels, from, to)) {
      rows.fill(0, 0, (end - first) * length);
      for (let o = 0; o < channels; o += 4) {
        const outputAt = start + o * positions;
        for (let p = first; p < end; p++) {
          for (let i = 0; i < 4; i++) weights[i] = o + i < channels ? output[outputAt + i * positions + p]! : 0;
          addRows(kernel, (firstChannel + o) * length, weights, rows, (p - first) * length, length);
        }
      }
      patches.spread(rows, repeat, group, first, end, input);
    }
  });
  return input;
}

/** The runs of positions between `from` and `to` at which any channel is not zero. */
function runsOf(
  output: Float64Array,
  start: number,
  positions: number,
  channels: number,
  from: number,
  to: number,
): readonly (readonly [number, number])[] {
  const live = new Uint8Array(to - from);
  for (let o = 0, at = start; o < channels; o++, at += positions)
    for (let p = from; p < to; p++) if (output[at + p] !== 0) live[p - from] = 1;
  const runs: (readonly [number, number])[] = [];
  for (let p = from; p < to;) {
    if (live[p - from] === 0) {
      p++;
      continue;
    }
    const first = p;
    while (p < to && live[p - from] === 1) p++;
    runs.push([first, p]);
  }
  return runs;
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

let room = new Float64Array(0);

/** The same memory every time: a row that is pulled back through a network would ask for a new megabyte in every layer. What is in it is from before. */
function roomFor(length: number): Float64Array {
  if (room.length < length) room = new Float64Array(length);
  return room.subarray(0, length);
}

function forEachChunk({ repeats, groups, outputChannels }: Convolution, patches: Patches, use: (chunk: Chunk) => void) {
  const { length, positions } = patches;
  const step = Math.max(2, Math.min(positions, Math.floor(patchRoom / Math.max(1, length))));
  const rows = roomFor(step * length);
  const channels = outputChannels / groups;
  for (let repeat = 0; repeat < repeats; repeat++)
    for (let group = 0; group < groups; group++)
      for (let from = 0; from < positions; from += step)
        use({
          ...{ repeat, group, rows, channels, firstChannel: group * channels },
          ...{ from, to: Math.min(positions, from + step) },
        });
}
