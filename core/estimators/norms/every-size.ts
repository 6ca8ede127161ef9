import { largestMagnitude, powerOfTwoNear } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { above } from '../../rounding.ts';
import { blockSymbol, symbolFits } from './block-symbol.ts';
import { supremumOnTorus } from './circulant-embedding.ts';
import { groupOf } from './convolution.ts';
import { polyphase, samplingOfEverySize } from './polyphase.ts';

/** Points per axis for every step of half the reach: the more, the closer to the supremum, 1.0024 for 64 and 1.0097 for 32. */
const points = { fine: 64, coarse: 32 };
/** Channels up to which the finer grid costs little. */
const few = 128;

/**
 * A number that the convolution's l2 norm does not exceed at any input size and with any zero padding: the supremum of its symbol's
 * norm over all frequencies, which large inputs approach. Padding and size can only take away from it. Undefined where the symbol
 * is too large to be kept.
 */
export async function everySizeNorm(convolution: Convolution, pace: Pace): Promise<number | undefined> {
  let largest = 0;
  for (let g = 0; g < convolution.groups; g++) {
    const group = groupOf(convolution, g);
    const size = largestMagnitude(group.kernel);
    if (size === 0) continue;
    const scale = powerOfTwoNear(size);
    using room = pace.room();
    const phases = polyphase({ ...group, kernel: group.kernel.map((entry) => entry / scale) });
    if (!symbolFits(phases)) return undefined;
    const channels = Math.min(phases.inputChannels, phases.outputChannels);
    const { torus, factor } = samplingOfEverySize(phases, channels <= few ? points.fine : points.coarse);
    const square = await supremumOnTorus(await blockSymbol(phases, torus, room, pace), pace);
    largest = Math.max(largest, above(above(Math.sqrt(above(square * factor))) * scale));
  }
  return largest;
}
