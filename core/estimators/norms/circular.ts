import { largestMagnitude, powerOfTwoNear } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import type { Circular } from '../../operators/maps/circular-map.ts';
import { above } from '../../rounding.ts';
import { blockSymbol, symbolFits } from './block-symbol.ts';
import { supremumOnTorus } from './circulant-embedding.ts';
import { groupOf } from './convolution.ts';
import type { Findings } from './interval.ts';
import { isWrittenDown, opaqueNorm } from './opaque.ts';
import { polyphase, samplingOfTorus } from './polyphase.ts';

/**
 * On a torus of N positions a convolution is block diagonal in the frequencies 2 pi j / N: its l2 norm is the largest of its symbol there (Sedghi et al., ICLR 2019, for stride 1; with a stride
 * s, s^2 aliases side by side). Fewer outputs than positions only take away. Every frequency is proved; from below as any map.
 */
export async function* circularNorm(map: LinearMap, circular: Circular, absoluteNorm: number, pace: Pace): Findings {
  const largest = isWrittenDown(map) ? undefined : await largestOnTorus(circular, pace);
  if (largest !== undefined) yield { upper: largest, method: 'circulant-symbol' };
  yield* opaqueNorm(map, absoluteNorm, pace);
}

/** undefined where the symbol is too large to be kept. */
export async function largestOnTorus({ convolution, torus }: Circular, pace: Pace): Promise<number | undefined> {
  let largest = 0;
  for (let g = 0; g < convolution.groups; g++) {
    const group = groupOf(convolution, g);
    const size = largestMagnitude(group.kernel);
    if (size === 0) continue;
    const scale = powerOfTwoNear(size);
    using room = pace.room();
    const phases = polyphase({ ...group, kernel: group.kernel.map((entry) => entry / scale) });
    if (!symbolFits(phases)) return undefined;
    const { torus: grid, factor } = samplingOfTorus(phases, torus);
    const square = await supremumOnTorus(await blockSymbol(phases, grid, room, pace), pace);
    largest = Math.max(largest, above(above(Math.sqrt(above(square * factor))) * scale));
  }
  return largest;
}
