import { elementTypeCodes } from '../../network/element-type-codes.ts';
import type { ElementType } from '../../network/tensor.ts';

const byCode = new Map(Object.entries(elementTypeCodes).map(([type, code]) => [code, type as ElementType]));

export const elementTypeOf = (code: number): ElementType | undefined => byCode.get(code);

/** Names of the types that a Network does not hold, for sentences. */
const otherTypes: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  23: 'float4e2m1',
  25: 'uint2',
  26: 'int2',
};

export const foreignTypeName = (code: number): string => otherTypes[code] ?? `number ${code}`;
