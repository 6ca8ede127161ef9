import { isEightBitFloat } from '../../network/eight-bit-floats.ts';
import {
  bytesOfNumbers,
  doublesOf,
  elementCount,
  isFloating,
  numbersOf,
  type Shape,
  type Tensor,
} from '../../network/tensor.ts';
import { recentlyMade } from '../recently-made.ts';

/** The names under which quantising tools write by what the 8-bit floats of "fc.weight" are multiplied: "fc.weight_scale". */
export const scaleNames: readonly ((prefix: string, weight: string) => string)[] = [
  (prefix, weight) => `${prefix}${weight}_scale_inv`,
  (prefix, weight) => `${prefix}${weight}_scale`,
  (prefix, weight) => `${prefix}scale_${weight}`,
];

/**
 * Weights in 8-bit floats times their scale: one for all, one for each output or input, or one for each block of a matrix. A product of
 * four bits and the 24 of a float32 is a double, so nothing is rounded. Undefined where the scale does not fit.
 */
export function scaled(weight: Tensor, scale: Tensor): Tensor | undefined {
  const { name, shape, type } = weight;
  if (!isEightBitFloat(type) || !isFloating(scale.type) || scale.type === 'float64') return undefined;
  const placeOf = placement(shape, scale.shape);
  if (placeOf === undefined) return undefined;
  const factors = recentlyMade(
    () => numbersOf(scale),
    ({ byteLength }) => byteLength,
  );
  const read = (first: number, count: number): Uint8Array => {
    const bytes = weight.part === undefined ? weight.bytes().subarray(first, first + count) : weight.part(first, count);
    const numbers = doublesOf(type, bytes, count, new Float64Array(count));
    const by = factors();
    for (let i = 0; i < count; i++) numbers[i]! *= by[placeOf(first + i)]!;
    return bytesOfNumbers(numbers);
  };
  return {
    name,
    shape,
    type: 'float64',
    bytes: () => read(0, elementCount(shape)),
    part(offset, length) {
      const first = Math.floor(offset / width);
      const last = Math.ceil((offset + length) / width);
      return read(first, last - first).subarray(offset - first * width, offset - first * width + length);
    },
  };
}

const width = Float64Array.BYTES_PER_ELEMENT;

/** What DeepSeek's models and those after them have on both axes of a matrix. */
const usualBlock = 128;

/** Which scale belongs to which entry. */
function placement(weight: Shape, scale: Shape): ((entry: number) => number) | undefined {
  if (elementCount(scale) === 1) return () => 0;
  const [rows = 1] = weight;
  const inner = elementCount(weight.slice(1));
  if (scale[0] === rows && elementCount(scale) === rows) return (entry) => Math.floor(entry / inner);
  const [across, along] = scale;
  if (weight.length !== 2 || scale.length !== 2) return undefined;
  const height = blockSize(rows, across!);
  const length = blockSize(inner, along!);
  if (height === undefined || length === undefined) return undefined;
  return (entry) => Math.floor(entry / inner / height) * along! + Math.floor((entry % inner) / length);
}

/** How long the blocks are of which there are so many along an axis; the file does not say it. */
function blockSize(size: number, blocks: number): number | undefined {
  if (blocks === 1) return size;
  if (Math.ceil(size / usualBlock) === blocks) return usualBlock;
  return blocks > 0 && size % blocks === 0 ? size / blocks : undefined;
}
