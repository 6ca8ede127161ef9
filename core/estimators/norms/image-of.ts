import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { ScratchRoom } from '../../compute/scratch.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { Patches } from '../../operators/maps/patches.ts';

/** Doubles of the patches that are multiplied at once: some of a core's cache, and a breath. */
const patchesAtOnce = 2 ** 18;

/** The entries of W x for a forward convolution of one group, in whatever order: every one is a sum of products of the kernel with a patch of x, by ONNX Runtime. */
export async function imageOf(
  convolution: Convolution,
  x: Float64Array,
  room: ScratchRoom,
  pace: Pace,
): Promise<Float64Array> {
  const { outputChannels, kernel } = convolution;
  const patches = new Patches(convolution);
  const { length, positions } = patches;
  const step = Math.max(1, Math.min(positions, Math.floor(patchesAtOnce / length)));
  const rows = room.doubles(step * length);
  const image = room.doubles(outputChannels * positions);
  for (let from = 0; from < positions; from += step) {
    const to = Math.min(positions, from + step);
    patches.gather(x, 0, 0, from, to, rows);
    await pace.products.timesTransposed(
      { rows: to - from, columns: length, entries: rows.subarray(0, (to - from) * length) },
      { rows: outputChannels, columns: length, entries: kernel },
      image.subarray(outputChannels * from, outputChannels * to),
    );
    await pace.rest();
  }
  return image;
}
