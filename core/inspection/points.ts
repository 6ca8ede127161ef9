import { fileSource } from '../formats/bytes.ts';
import { readNpy } from '../formats/npy.ts';
import { RequestError } from '../sentence.ts';

/** POINT of the command line: zeros | a .npy file | comma-separated numbers. One number stands for that number everywhere. */
export function readPoint(text: string, size: number): Float64Array {
  if (text === 'zeros') return new Float64Array(size);
  const numbers = text.endsWith('.npy') ? fromFile(text) : fromList(text);
  if (numbers.length === size) return numbers;
  if (numbers.length === 1) return new Float64Array(size).fill(numbers[0]!);
  throw new RequestError(`The point "${text}" has ${numbers.length} numbers, but the input has ${size}.`);
}

/** For an input whose size is not known yet: zeros need none. */
export const readValue = (text: string): Float64Array | undefined =>
  text === 'zeros' ? undefined : text.endsWith('.npy') ? fromFile(text) : fromList(text);

function fromFile(path: string): Float64Array {
  using source = fileSource(path);
  const { numbers } = readNpy(source);
  if (!numbers.every(Number.isFinite)) throw new RequestError(`The point in ${path} holds NaN or infinite values.`);
  return numbers;
}

function fromList(text: string): Float64Array {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.some((value) => !Number.isFinite(value)))
    throw new RequestError(`"${text}" is not a point: write zeros, a .npy file or numbers separated by commas.`);
  return Float64Array.from(numbers);
}
