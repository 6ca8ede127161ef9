import { bytesPerElement, elementCount, numbersOf } from '../network/tensor.ts';
import type { ElementType, Shape } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { ByteSource } from './format.ts';
import { amount, hexadecimal, quoted } from './wording.ts';

export interface NumpyArray {
  readonly shape: Shape;
  /** In row-major order. */
  readonly numbers: Float64Array;
}

const magic = '93 4e 55 4d 50 59';
const longestHeader = 1 << 16;

/** NumPy's names of element types, without the byte order in front. */
const elementTypes: Readonly<Record<string, Exclude<ElementType, 'string' | 'bfloat16'> | undefined>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

/** The type that NumPy calls "f4". */
export const numpyType = (name: string): Exclude<ElementType, 'string' | 'bfloat16'> | undefined =>
  Object.hasOwn(elementTypes, name) ? elementTypes[name] : undefined;

/** Reads a .npy file, format versions 1 to 3, as doubles. */
export function readNpy(source: ByteSource): NumpyArray {
  const { name, size } = source;
  const head = source.read(0, Math.min(12, size));
  if (hexadecimal(head.subarray(0, 6)) !== magic) {
    throw new UserError(`${name} is not a NumPy array (.npy): write it with numpy.save.`);
  }
  const version = head[6] ?? 0;
  const start = version === 1 ? 10 : 12;
  if (version < 1 || version > 3) {
    throw new UserError(`${name} is a NumPy file of version ${version}, but only versions 1 to 3 are known.`);
  }
  if (size < start) throw cutOff(name);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerLength > longestHeader) {
    throw new UserError(`${name} has a header of ${headerLength} bytes: it is damaged, or no plain array.`);
  }
  const data = start + headerLength;
  if (size < data) throw cutOff(name);
  const { type, bigEndian, columnMajor, shape } = readHeader(
    new TextDecoder().decode(source.read(start, headerLength)),
    name,
  );

  const needed = elementCount(shape) * bytesPerElement[type];
  if (needed !== size - data) {
    throw new UserError(
      `${name} declares the shape (${shape.join(', ')}) of ${type}, which takes ${amount(needed)} bytes, but holds ${size - data}: write it again.`,
    );
  }
  const bytes = source.read(data, needed);
  if (bigEndian) reverseElements(bytes, bytesPerElement[type]);
  const stored = numbersOf({ name, type, shape, bytes: () => bytes });
  return { shape, numbers: columnMajor ? toRowMajor(stored, shape) : stored };
}

const cutOff = (name: string): UserError =>
  new UserError(`${name} is cut off within its header: copy or write it again.`);

function readHeader(header: string, name: string) {
  const descr = /'descr'\s*:\s*'([<>|=]?)(\w+)'/u.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/u.exec(header)?.[1];
  const shapeText = /'shape'\s*:\s*\(([\d,\sL]*)\)/u.exec(header)?.[1];
  if (!descr || order === undefined || shapeText === undefined) {
    throw new UserError(`${name} is not a plain array of numbers; its header says ${quoted(header.trim())}.`);
  }
  const kind = descr[2] ?? '';
  const type = elementTypes[kind];
  if (!type) {
    throw new UserError(
      `${name} holds elements of NumPy's type ${quoted(kind)}; only real numbers and booleans can be used.`,
    );
  }
  const shape = (shapeText.match(/\d+/gu) ?? []).map(Number);
  if (shape.length > 64 || !shape.every(Number.isSafeInteger)) {
    throw new UserError(`${name} declares an impossible shape: it is damaged.`);
  }
  return { type, bigEndian: descr[1] === '>', columnMajor: order === 'True', shape };
}

function reverseElements(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** Fortran order counts the first axis fastest. */
function toRowMajor(stored: Float64Array, shape: Shape): Float64Array {
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, 1);
  const numbers = new Float64Array(stored.length);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < numbers.length; to++) {
    numbers[to] = stored[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return numbers;
}

/** Writes format version 1, which every NumPy reads. */
export function writeNpy(shape: Shape, numbers: Float64Array | Float32Array): Uint8Array {
  const descr = numbers instanceof Float32Array ? '<f4' : '<f8';
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The data begin at a multiple of 64, so that they can be mapped into memory.
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = `${dictionary.padEnd(start - 11)}\n`;
  const bytes = new Uint8Array(start + numbers.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), start);
  return bytes;
}
