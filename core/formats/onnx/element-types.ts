import type { ElementType } from '../../network/tensor.ts';

/** TensorProto.DataType, by its numbers in onnx.proto. */
export const elementTypeCodes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
};

const byCode = new Map(Object.entries(elementTypeCodes).map(([type, code]) => [code, type as ElementType]));

export const elementTypeOf = (code: number): ElementType | undefined => byCode.get(code);

/** Names of the types that a Network does not hold, for sentences. */
const otherTypes: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

export const foreignTypeName = (code: number): string => otherTypes[code] ?? `number ${code}`;
