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
  29: 'float8e4m3fn',
  30: 'float8e5m2',
  31: 'float8e4m3fnuz',
  32: 'float8e5m2fnuz',
  33: 'float8e8m0',
  34: 'uint32',
  35: 'uint64',
};

export const typeOfCode = (code: number): Exclude<ElementType, 'string'> | undefined => types[code];
