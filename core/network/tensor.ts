import { alignedBytes } from './aligned-bytes.ts';
import { eightBitNumbers, isEightBitFloat, type EightBitFloat } from './eight-bit-floats.ts';

/** How the numbers of a tensor are stored. The names are numpy's, which is what users read everywhere else. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | EightBitFloat
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  /** Two in a byte, the first in the lower half. */
  | 'int4'
  | 'uint4'
  | 'bool'
  | 'string';

export type Shape = readonly number[];

export interface TensorType {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** A constant of the model. Its bytes (little endian, row-major) stay in the file until somebody asks for them. */
export interface Tensor extends TensorType {
  readonly name: string;
  /** Errors of the entries when a pass of ours computed them; absent for numbers of the file. */
  readonly relativeError?: number;
  readonly absoluteError?: number;
  bytes(): Uint8Array;
  /** As doubles of its own for whoever asks, where a pass of ours computes them in that form. */
  readonly numbers?: () => Float64Array;
  /** Some of the bytes, where that takes less than reading all; see `ByteSource.read` for the room to read into. */
  readonly part?: (offset: number, length: number, room?: Uint8Array) => Uint8Array;
}

export const bytesPerElement: Readonly<Record<Exclude<ElementType, 'string'>, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  float8e4m3fn: 1,
  float8e4m3fnuz: 1,
  float8e5m2: 1,
  float8e5m2fnuz: 1,
  float8e8m0: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  int4: 0.5,
  uint4: 0.5,
  bool: 1,
};

/** How many bytes so many elements take. */
export const bytesFor = (type: Exclude<ElementType, 'string'>, count: number): number =>
  Math.ceil(count * bytesPerElement[type]);

export const isFloating = (type: ElementType): boolean =>
  type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16' || isEightBitFloat(type);

export const elementCount = (shape: Shape): number => shape.reduce((count, size) => count * size, 1);

/** The tensor's numbers as doubles. Every type but 64-bit integers beyond 2^53 converts without rounding. */
export function numbersOf(tensor: Tensor): Float64Array {
  if (tensor.numbers !== undefined) return tensor.numbers();
  const count = elementCount(tensor.shape);
  return doublesOf(tensor.type, tensor.bytes(), count, new Float64Array(count));
}

/** The numbers that such bytes are, written `into` an array that is there. */
export function doublesOf(type: ElementType, bytes: Uint8Array, count: number, into: Float64Array): Float64Array {
  // Large weights are read as they lie in memory where the machine's byte order allows it, ten times as fast as one by one.
  if (littleEndian && (type === 'float32' || type === 'float64')) {
    const { buffer, byteOffset } = alignedBytes(bytes, bytesPerElement[type]);
    into.set(
      type === 'float32' ? new Float32Array(buffer, byteOffset, count) : new Float64Array(buffer, byteOffset, count),
    );
    return into;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  for (let i = 0; i < count; i++) into[i] = read(view, i);
  return into;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Reader = (view: DataView, index: number) => number;

const eightBit =
  (type: EightBitFloat): Reader =>
  (view, i) =>
    eightBitNumbers[type][view.getUint8(i)]!;

const readers: Readonly<Record<ElementType, Reader>> = {
  float32: (view, i) => view.getFloat32(4 * i, true),
  float64: (view, i) => view.getFloat64(8 * i, true),
  float16: (view, i) => halfToNumber(view.getUint16(2 * i, true)),
  bfloat16: (view, i) => bfloat16ToNumber(view.getUint16(2 * i, true)),
  float8e4m3fn: eightBit('float8e4m3fn'),
  float8e4m3fnuz: eightBit('float8e4m3fnuz'),
  float8e5m2: eightBit('float8e5m2'),
  float8e5m2fnuz: eightBit('float8e5m2fnuz'),
  float8e8m0: eightBit('float8e8m0'),
  int8: (view, i) => view.getInt8(i),
  int16: (view, i) => view.getInt16(2 * i, true),
  int32: (view, i) => view.getInt32(4 * i, true),
  int64: (view, i) => Number(view.getBigInt64(8 * i, true)),
  uint8: (view, i) => view.getUint8(i),
  uint16: (view, i) => view.getUint16(2 * i, true),
  uint32: (view, i) => view.getUint32(4 * i, true),
  uint64: (view, i) => Number(view.getBigUint64(8 * i, true)),
  int4: (view, i) => (nibble(view, i) << 28) >> 28,
  uint4: (view, i) => nibble(view, i),
  bool: (view, i) => view.getUint8(i),
  string: () => Number.NaN,
};

const nibble = (view: DataView, i: number): number => (view.getUint8(i >> 1) >> (4 * (i & 1))) & 15;

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloat16ToNumber(half: number): number {
  scratch.setUint32(0, half << 16);
  return scratch.getFloat32(0);
}

export const bytesOfNumbers = (numbers: Float64Array | Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** A constant made by a pass of ours, such as a folded kernel. */
export function tensorOfNumbers(
  name: string,
  shape: Shape,
  numbers: ArrayLike<number>,
  type: 'float32' | 'float64' | 'int64',
): Tensor {
  const bytes =
    type === 'int64'
      ? bytesOfNumbers(BigInt64Array.from(Array.from(numbers), (value) => BigInt(value)))
      : bytesOfNumbers(type === 'float32' ? new Float32Array(numbers) : new Float64Array(numbers));
  return { name, type, shape, bytes: () => bytes };
}

/** The same for any type that has whole bytes and is computed with; numbers are converted as typed arrays do. */
export function numbersAs(name: string, shape: Shape, numbers: Float64Array, type: ElementType): Tensor | undefined {
  if (type === 'float32' || type === 'float64' || type === 'int64') return tensorOfNumbers(name, shape, numbers, type);
  const make = wholeArrays[type];
  if (make === undefined) return undefined;
  const made = make(numbers);
  const bytes = new Uint8Array(made.buffer, made.byteOffset, made.byteLength);
  return { name, type, shape, bytes: () => bytes };
}

type WholeArray = Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

const wholeArrays: Partial<Readonly<Record<ElementType, (numbers: Float64Array) => WholeArray>>> = {
  int32: (numbers) => Int32Array.from(numbers),
  uint32: (numbers) => Uint32Array.from(numbers),
  int16: (numbers) => Int16Array.from(numbers),
  uint16: (numbers) => Uint16Array.from(numbers),
  int8: (numbers) => Int8Array.from(numbers),
  uint8: (numbers) => Uint8Array.from(numbers),
  bool: (numbers) => Uint8Array.from(numbers, (value) => (value === 0 ? 0 : 1)),
};
