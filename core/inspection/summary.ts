import type { Network } from '../network/network.ts';
import { elementCount, isFloating } from '../network/tensor.ts';

export const parametersOf = ({ constants }: Network): number =>
  [...constants.values()].reduce(
    (count, tensor) => count + (isFloating(tensor.type) ? elementCount(tensor.shape) : 0),
    0,
  );
