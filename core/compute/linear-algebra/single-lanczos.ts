import type { ScratchRoom } from '../scratch.ts';
import { largestOfTridiagonal, vectorOfTridiagonal } from './lanczos.ts';

/** Writes the image of x, times a number above 0, into `y`. */
export type SingleMap = (x: Float32Array, y: Float32Array) => Promise<void>;

/**
 * About the leading eigenvector of a positive semidefinite map, by Lanczos steps in single precision without reorthogonalisation: it may be lost
 * once the largest value has been found, and then repeats it, but the steps end before. Stops once four more steps gain less than the
 * tolerance. The basis fills memory of the room.
 */
export async function leadingVector(
  apply: SingleMap,
  start: Float32Array,
  { steps, tolerance }: { readonly steps: number; readonly tolerance: number },
  room: ScratchRoom,
): Promise<Float64Array> {
  const basis: Float32Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  const values: number[] = [];
  let next = start;
  let norm = Math.sqrt(dot(start, start));
  while (basis.length < steps && norm > 0 && norm < Number.POSITIVE_INFINITY) {
    scale(next, 1 / norm);
    basis.push(next);
    const image = room.singles(start.length);
    await apply(next, image);
    const alpha = dot(next, image);
    const beta = offDiagonal.at(-1) ?? 0;
    norm = Math.sqrt(subtracted(image, alpha, next, beta, basis.at(-2) ?? next));
    diagonal.push(alpha);
    const value = largestOfTridiagonal(diagonal, offDiagonal);
    values.push(value);
    const earlier = values.at(-5);
    if (!(norm > 1e-6 * value) || (earlier !== undefined && value <= earlier * (1 + tolerance))) break;
    offDiagonal.push(norm);
    next = image;
  }
  const leading = new Float64Array(start.length);
  if (basis.length === 0) return leading;
  const weights = vectorOfTridiagonal(diagonal, offDiagonal.slice(0, diagonal.length - 1), values.at(-1)!);
  for (const [k, vector] of basis.entries()) {
    const weight = weights[k]!;
    for (let i = 0; i < leading.length; i++) leading[i]! += weight * vector[i]!;
  }
  return leading;
}

function dot(x: Float32Array, y: Float32Array): number {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  let i = 0;
  for (; i + 3 < x.length; i += 4) {
    s += x[i]! * y[i]!;
    t += x[i + 1]! * y[i + 1]!;
    u += x[i + 2]! * y[i + 2]!;
    v += x[i + 3]! * y[i + 3]!;
  }
  for (; i < x.length; i++) s += x[i]! * y[i]!;
  return s + t + (u + v);
}

function scale(x: Float32Array, by: number): void {
  for (let i = 0; i < x.length; i++) x[i]! *= by;
}

/** y -= a x + b before; answers the square of what is left. */
function subtracted(y: Float32Array, a: number, x: Float32Array, b: number, before: Float32Array): number {
  for (let i = 0; i < y.length; i++) y[i]! -= a * x[i]! + b * before[i]!;
  return dot(y, y);
}
