import type { ElementType } from '../../network/tensor.ts';
import type { BytesAt } from './bytes-at.ts';

/** What one element is: a number that tensors know, a text of fixed or free length, or something else, in words. */
export type Datatype =
  | { readonly kind: 'number'; readonly type: ElementType; readonly size: number; readonly bigEndian: boolean }
  | { readonly kind: 'text'; readonly size: number }
  | { readonly kind: 'free text'; readonly size: number }
  | { readonly kind: 'other'; readonly what: string; readonly size: number };

const classes = [
  'whole numbers',
  'decimals',
  'times',
  'texts',
  'bit fields',
  'opaque bytes',
  'compound records',
  'references',
  'enumerations',
  'sequences of free length',
  'arrays',
] as const;

export function readDatatype(file: BytesAt, at: number): Datatype {
  const kind = file.u8(at) & 15;
  const bits = file.u8(at + 1);
  const size = file.u32(at + 4);
  const bigEndian = (bits & 1) === 1;
  const number = (type: ElementType | undefined): Datatype =>
    type === undefined
      ? { kind: 'other', what: `${classes[kind] ?? 'elements'} of ${size} bytes`, size }
      : { kind: 'number', type, size, bigEndian };
  switch (kind) {
    case 0:
      return number(wholeNumbers[`${(bits & 8) === 0 ? 'u' : ''}${size}`]);
    case 1:
      return number(decimals[`${size}/${file.u8(at + 13)}`]);
    case 3:
      return { kind: 'text', size };
    case 8:
      // NumPy's booleans, as h5py writes them.
      return number(size === 1 ? 'bool' : undefined);
    case 9:
      return (bits & 15) === 1
        ? { kind: 'free text', size }
        : { kind: 'other', what: 'sequences of free length', size };
    default:
      return { kind: 'other', what: classes[kind] ?? `elements of the unknown class ${kind}`, size };
  }
}

const wholeNumbers: Readonly<Record<string, ElementType | undefined>> = {
  1: 'int8',
  2: 'int16',
  4: 'int32',
  8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
};

/** By bytes and bits of the exponent. */
const decimals: Readonly<Record<string, ElementType | undefined>> = {
  '2/5': 'float16',
  '2/8': 'bfloat16',
  '4/8': 'float32',
  '8/11': 'float64',
};

/** The sizes of the axes; [] is a single element, null no element at all. */
export function readDataspace(file: BytesAt, at: number): readonly number[] | null {
  const version = file.u8(at);
  const rank = file.u8(at + 1);
  if (version !== 1 && version !== 2) throw file.damaged('states shapes in an unknown way');
  if (rank > 32) throw file.damaged(`declares an array of ${rank} axes, more than any has`);
  if (version === 2 && file.u8(at + 3) === 2) return null;
  const start = at + (version === 1 ? 8 : 4);
  const shape = Array.from({ length: rank }, (_, axis) => file.u64(start + 8 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count))
    throw file.damaged('states sizes beyond any file');
  return shape;
}
