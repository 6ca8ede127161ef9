import { length, seededVector } from '../../compute/linear-algebra/euclidean.ts';
import {
  hermitianCholeskyError,
  hermitianCholeskySucceeds,
  hermitianProduct,
} from '../../compute/linear-algebra/hermitian-cholesky.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { packedLength, rowStart } from '../../compute/linear-algebra/packed.ts';
import { above, gamma } from '../../rounding.ts';
import { type BlockSymbol, symbolProducts, writeSymbol } from './block-symbol.ts';
import { combinations } from './landing.ts';

/** One frequency of a twisted torus, t_a = 2 j_a + parity_a in units of pi / N_a. */
export interface Frequency {
  readonly t: readonly number[];
  /** Whether -t is another frequency of the same torus; it has the same norm and is not visited. */
  readonly paired: boolean;
  /** Certified: the largest eigenvalue of G at this frequency is at most this. Only ever lowered. */
  bound: number;
  /** About the largest eigenvalue, from a few power steps. */
  estimate: number;
}

export interface Peak {
  readonly t: readonly number[];
  /** Largest eigenvalue of G there, as an estimate. */
  readonly value: number;
  /** Its eigenvector, [real parts, imaginary parts]. */
  readonly vector: Float64Array;
}

/** Memory for one G at a time. */
export interface Scratch {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const scratchFor = ({ size }: BlockSymbol): Scratch => ({
  re: new Float64Array(packedLength(size)),
  im: new Float64Array(packedLength(size)),
});

/** The kernel is real, so half of the torus is enough. */
export function halfTorus(
  torus: readonly number[],
  parity: readonly number[],
): { t: readonly number[]; paired: boolean }[] {
  const half: { t: readonly number[]; paired: boolean }[] = [];
  const axes = torus.map((size, axis) => Array.from({ length: size }, (_, j) => 2 * j + parity[axis]!));
  for (const t of combinations(axes)) {
    const mirrored = t.map((at, axis) => (2 * torus[axis]! - at) % (2 * torus[axis]!));
    const axis = t.findIndex((at, a) => at !== mirrored[a]);
    if (axis === -1) half.push({ t, paired: false });
    else if (t[axis]! < mirrored[axis]!) half.push({ t, paired: true });
  }
  return half;
}

/**
 * A first look at every frequency: the Frobenius norm of G, which no eigenvalue exceeds, and a few power steps that go on from
 * the neighbour's vector.
 */
export async function survey(
  symbol: BlockSymbol,
  parity: readonly number[],
  scratch: Scratch,
  pace: Pace,
): Promise<Frequency[]> {
  const { size } = symbol;
  const frequencies: Frequency[] = [];
  let x = seededVector(2 * size, 7);
  for (const { t, paired } of halfTorus(symbol.torus, parity)) {
    writeSymbol(symbol, t, scratch.re, scratch.im);
    let estimate = 0;
    for (let step = 0; step < 2; step++) {
      const y = hermitianProduct(scratch.re, scratch.im, size, x);
      const norm = length(y);
      estimate = norm / length(x);
      if (norm > 1e-100) x = y.map((entry) => entry / norm);
    }
    frequencies.push({ t, paired, bound: frobeniusBound(scratch, symbol), estimate });
    if (pace.due(symbolProducts(symbol) + 10 * size * size)) await pace.rest();
  }
  return frequencies;
}

function frobeniusBound({ re, im }: Scratch, { size, error }: BlockSymbol): number {
  let diagonal = 0;
  let squares = 0;
  for (let i = 0, at = 0; i < size; i++, at++) {
    for (let j = 0; j < i; j++, at++) squares += re[at]! * re[at]! + im[at]! * im[at]!;
    diagonal += re[at]! * re[at]!;
  }
  const relative = 1 + 2 * gamma(2 * re.length + 4);
  return above(above(Math.sqrt((diagonal + 2 * squares) * relative) * (1 + 2 ** -50)) + error);
}

/** The largest eigenpair of G at one frequency. */
export async function peakAt(symbol: BlockSymbol, t: readonly number[], scratch: Scratch, pace: Pace): Promise<Peak> {
  const { size } = symbol;
  writeSymbol(symbol, t, scratch.re, scratch.im);
  const { value, vector } = await largestEigenpair(
    (x) => hermitianProduct(scratch.re, scratch.im, size, x),
    seededVector(2 * size, 11),
    { steps: 80, tolerance: 1e-5, cost: 4 * size * size },
    pace,
  );
  return { t, value, vector };
}

/**
 * Whether no eigenvalue of G at this frequency exceeds the answer; undefined when the factorisation of shift I - G fails.
 * Includes the error of the factorisation, of the rounded diagonal and of G itself.
 */
export async function certify(
  symbol: BlockSymbol,
  t: readonly number[],
  shift: number,
  { re, im }: Scratch,
  pace: Pace,
): Promise<number | undefined> {
  const { size, error } = symbol;
  writeSymbol(symbol, t, re, im);
  for (let i = 0; i < re.length; i++) {
    re[i] = -re[i]!;
    im[i] = -im[i]!;
  }
  let largest = 0;
  for (let i = 0; i < size; i++) {
    const at = rowStart(i) + i;
    re[at]! += shift;
    im[at] = 0;
    largest = Math.max(largest, Math.abs(re[at]!));
  }
  if (pace.due(symbolProducts(symbol))) await pace.rest();
  if (!(await hermitianCholeskySucceeds(re, im, size, pace))) return undefined;
  return above(above(shift + above(hermitianCholeskyError(size, largest) + 2 ** -52 * largest)) + error);
}
