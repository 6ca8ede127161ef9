import { bytesOfNumbers, numbersAs, type ElementType } from '../../core/network/tensor.ts';
import type { StoredWeights } from '../../core/operators/maps/stored-dense-map.ts';

/** A matrix that lies in memory as it would in a file; the numbers are what the type makes of them. */
export function storedWeights(
  numbers: Float64Array,
  [rows, columns]: readonly [number, number],
  rowsAre: StoredWeights['rowsAre'],
  type: Extract<ElementType, 'float32' | 'float64' | 'int8'> = 'float64',
): StoredWeights {
  const bytes = type === 'float64' ? bytesOfNumbers(numbers) : numbersAs('w', [rows, columns], numbers, type)!.bytes();
  const part = (offset: number, length: number): Uint8Array => bytes.slice(offset, offset + length);
  return { rows, columns, rowsAre, type, part };
}
