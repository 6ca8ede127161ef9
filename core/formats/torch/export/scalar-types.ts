import type { ElementType } from '../../../network/tensor.ts';

/** torch._export.serde.schema.ScalarType. */
const types: Readonly<Record<number, Exclude<ElementType, 'string'> | undefined>> = {
  1: 'uint8',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  6: 'float16',
  7: 'float32',
  8: 'float64',
  12: 'bool',
  13: 'bfloat16',
  28: 'uint16',
};

export const typeOfCode = (code: number): Exclude<ElementType, 'string'> | undefined => types[code];
