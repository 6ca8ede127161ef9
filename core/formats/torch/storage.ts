import { bytesFor, bytesPerElement, elementCount, type ElementType, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { amount, quoted } from '../wording.ts';

/** A run of numbers of one type, somewhere in the file; tensors are views of it. */
export interface Storage {
  readonly key: string;
  /** undefined for types that no network here computes in (complex numbers, packed bits). */
  readonly type: Exclude<ElementType, 'string'> | undefined;
  readonly typeName: string;
  /** How many numbers it is said to have. */
  readonly count: number;
  /** All its bytes, where they stand in the pickle itself. */
  readonly held?: () => Uint8Array;
}

export interface StridedTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Where the bytes of a storage are; throws a UserError when they are not all there. */
export type StorageBytes = (storage: Storage) => {
  read(offset: number, length: number, room?: Uint8Array): Uint8Array;
};

const mostAxes = 64;
/** Tensors may repeat their numbers by strides of 0, without limit; what is more than their storage is small in real files. */
const mostRepeated = 2 ** 24;

/** Checks that the tensor lies within its storage, in sizes a file can have. */
export function checkedTensor(tensor: StridedTensor, where: string): StridedTensor {
  const { shape, strides, offset, storage } = tensor;
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (shape.length !== strides.length || shape.length > mostAxes || ![...shape, ...strides, offset].every(whole)) {
    throw new UserError(
      `${where} holds a tensor of the impossible shape [${shape.map(amount).join(', ')}]: it is damaged.`,
    );
  }
  const count = elementCount(shape);
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis]!, offset);
  if (count !== 0 && (last >= storage.count || (count > storage.count && count > mostRepeated))) {
    throw new UserError(
      `${where} holds a tensor of shape [${shape.map(amount).join(', ')}], which does not fit into the ${amount(storage.count)} numbers of its storage ${quoted(storage.key)}: it is damaged.`,
    );
  }
  return tensor;
}

const bytesIn = (storage: Storage, bytesOf: StorageBytes): ReturnType<StorageBytes> => {
  const { held } = storage;
  return held === undefined ? bytesOf(storage) : { read: (offset, length) => held().slice(offset, offset + length) };
};

/** The tensor by its name in the model; undefined for numbers of a foreign type. */
export function tensorFrom(name: string, tensor: StridedTensor, bytesOf: StorageBytes): Tensor | undefined {
  const { storage, shape, offset } = tensor;
  const { type } = storage;
  if (type === undefined) return undefined;
  const width = bytesPerElement[type];
  const length = bytesFor(type, elementCount(shape));
  if (length === 0) return { name, type, shape, bytes: () => new Uint8Array(0) };
  if (isContiguous(tensor)) {
    const part = (from: number, count: number, room?: Uint8Array): Uint8Array =>
      bytesIn(storage, bytesOf).read(offset * width + from, count, room);
    return { name, type, shape, part, bytes: () => part(0, length) };
  }
  return { name, type, shape, bytes: () => gathered(tensor, width, length, bytesIn(storage, bytesOf)) };
}

/** Axes of size 1 may have any stride. */
function isContiguous({ shape, strides }: StridedTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Transposed, sliced and repeated tensors in row-major order. */
function gathered(
  { shape, strides, offset }: StridedTensor,
  width: number,
  length: number,
  source: ReturnType<StorageBytes>,
): Uint8Array {
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis]!, 0);
  const held = source.read(offset * width, (last + 1) * width);
  const bytes = new Uint8Array(length);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < length; to += width) {
    for (let i = 0; i < width; i++) bytes[to + i] = held[from * width + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return bytes;
}
