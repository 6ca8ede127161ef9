import { alignedBytes } from './aligned-bytes.ts';
import { eightBitNumbers, isEightBitFloat, type EightBitFloat } from './eight-bit-floats.ts';
import { bytesFor, elementCount, numbersOf } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** The exponent in the highest 16 bits of an element; NaN and the infinities are exactly the numbers where it is all ones. */
const exponent = { float32: 0x7f80, bfloat16: 0x7f80, float64: 0x7ff0, float16: 0x7c00 } as const;
const halves = { float32: 2, bfloat16: 1, float64: 4, float16: 1 } as const;

/** How many elements are NaN or infinite: training that diverged leaves such weights, and no bound can be told with them. */
export function countNonFinite(tensor: Tensor): number {
  const known = counts.get(tensor);
  if (known !== undefined) return known;
  const { type } = tensor;
  const count = isEightBitFloat(type) ? countedBytes(tensor, type) : isWideType(type) ? counted(tensor, type) : 0;
  counts.set(tensor, count);
  return count;
}

/** How many elements are NaN. */
export const countNaN = (tensor: Tensor): number =>
  countNonFinite(tensor) === 0
    ? 0
    : numbersOf(tensor).reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);

/** Who reads a large file for this once need not do it again. */
const counts = new WeakMap<Tensor, number>();

function countedBytes(tensor: Tensor, type: EightBitFloat): number {
  const numbers = eightBitNumbers[type];
  let count = 0;
  for (const piece of piecesOf(tensor)) for (const byte of piece) if (!Number.isFinite(numbers[byte]!)) count++;
  return count;
}

function counted(tensor: Tensor, type: keyof typeof exponent): number {
  const mask = exponent[type];
  const step = halves[type];
  let count = 0;
  for (const piece of piecesOf(tensor)) {
    if (type === 'float32' && isFinite32(piece)) continue;
    const words = wordsOf(piece);
    for (let at = step - 1; at < words.length; at += step) {
      if ((words[at]! & mask) === mask) count++;
    }
  }
  return count;
}

/** 0 times a number is 0 but for NaN and the infinities: several times as fast as a look at each exponent. */
function isFinite32(bytes: Uint8Array): boolean {
  const { buffer, byteOffset } = alignedBytes(bytes, 4);
  const values = new Float32Array(buffer, byteOffset, Math.floor(bytes.byteLength / 4));
  let [even, odd] = [0, 0];
  for (let i = 1; i < values.length; i += 2) {
    even += values[i - 1]! * 0;
    odd += values[i]! * 0;
  }
  return even + odd + (values.at(-1) ?? 0) * 0 === 0;
}

/** A multiple of all widths of elements. One room for all pieces: new memory for each costs several times what reading does. */
const room = new Uint8Array(2 ** 20);

/** Weights larger than memory are looked at piece by piece, each gone with the next. */
export function* piecesOf(tensor: Tensor): Generator<Uint8Array> {
  const { part, type, shape } = tensor;
  const length = type === 'string' ? 0 : bytesFor(type, elementCount(shape));
  if (part === undefined || length === 0) {
    yield tensor.bytes();
    return;
  }
  for (let at = 0; at < length; at += room.length) yield part(at, Math.min(room.length, length - at), room);
}

function wordsOf(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = alignedBytes(bytes, 2);
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

const isWideType = (type: Tensor['type']): type is keyof typeof exponent => Object.hasOwn(exponent, type);
