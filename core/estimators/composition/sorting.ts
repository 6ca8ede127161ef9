import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { Orders, sortingOf } from '../../operators/order-statistics.ts';
import type { Block } from './blocks.ts';

const sorts = new Set(['Max', 'Min', 'ReduceMax', 'ReduceMin', 'TopK']);

/**
 * MaxMin, GroupSort and their like: whatever is between entry and exit, it sorts elements within groups. That brings no two vectors further apart, in any norm; the rules of
 * its parts give twice that in l2.
 */
export function onlySorts(network: Network, { entry, exit, nodes }: Block): boolean {
  const shape = network.types.get(entry)?.shape;
  if (shape === undefined || !nodes.some(({ op }) => sorts.has(op))) return false;
  const order = new Orders({ ...network, nodes }, [entry]).of(exit);
  return order?.base === entry && sortingOf(order, elementCount(shape)) !== undefined;
}
