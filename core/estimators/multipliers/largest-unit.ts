import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { LightRule } from '../composition/product.ts';
import { flooredMaxima } from './floored-maxima.ts';

/**
 * How many elements the largest unit of the normal form has at least. The shapes tell, so a network that is too large is known for it
 * before a matrix is written out, which for large convolutions takes seconds.
 */
export function largestUnit(network: Network, output: string, rules: ReadonlyMap<string, LightRule>): number {
  // A ReLU beside the maximum that it is the floor of is no unit of its own.
  const { floors } = flooredMaxima(network, output, rules);
  return network.nodes.reduce((most, { id, outputs }) => {
    const rule = rules.get(id);
    const isBent =
      rule?.kind === 'elementwise' && rule.slopes.kind === 'same' && rule.slopes.lower !== rule.slopes.upper;
    const type = network.types.get(outputs[0]!);
    return isBent && type !== undefined && !floors.has(id) ? Math.max(most, elementCount(type.shape)) : most;
  }, 0);
}
