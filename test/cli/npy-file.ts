import { readFileSync } from 'node:fs';
import { type NumpyArray, readNpy } from '../../core/formats/npy.ts';

export function openFileSource(path: string): NumpyArray {
  const bytes = readFileSync(path);
  return readNpy({ name: path, size: bytes.length, read: (start, length) => bytes.subarray(start, start + length) });
}
