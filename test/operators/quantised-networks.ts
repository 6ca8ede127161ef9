import type { Network } from '../../core/network/network.ts';
import type { ElementType, Shape, Tensor } from '../../core/network/tensor.ts';
import { networkOf, type NetworkSketch } from './small-networks.ts';

/** Small numbers in any type that quantised networks use. */
export function whole(name: string, type: ElementType, shape: Shape, values: readonly number[]): Tensor {
  const bytes = (): Uint8Array => {
    if (type === 'int4' || type === 'uint4') {
      const packed = new Uint8Array(Math.ceil(values.length / 2));
      values.forEach((value, i) => (packed[i >> 1]! |= (value & 15) << (4 * (i & 1))));
      return packed;
    }
    if (type === 'int32') return new Uint8Array(Int32Array.from(values).buffer);
    if (type === 'int16' || type === 'uint16') return new Uint8Array(Int16Array.from(values).buffer);
    return Uint8Array.from(values, (value) => value & 255);
  };
  return { name, type, shape, bytes };
}

export const withWhole = (sketch: NetworkSketch, tensors: readonly Tensor[]): Network => {
  const network = networkOf(sketch);
  return { ...network, constants: new Map([...network.constants, ...tensors.map((one) => [one.name, one] as const)]) };
};

/** Whole numbers of a seeded sequence between two limits. */
export function levels(count: number, least: number, most: number, seed = 1): number[] {
  let state = (seed * 2654435761 + 977) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return least + Math.floor((state / 2 ** 32) * (most - least + 1));
  });
}
