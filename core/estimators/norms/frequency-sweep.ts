import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Two } from '../../compute/linear-algebra/hermitian-pairs.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { largestRitzValues } from '../../compute/linear-algebra/ritz-pairs.ts';
import { above } from '../../rounding.ts';
import { type BlockSymbol, symbolFactors } from './block-symbol.ts';
import { frobeniusBounds } from './frobenius-of-symbol.ts';
import { combinations } from './landing.ts';

/** One frequency of a twisted torus, t_a = 2 j_a + parity_a in units of pi / N_a. */
export interface Frequency {
  readonly t: readonly number[];
  /** Whether -t is another frequency of the same torus; it has the same norm and is not visited. */
  readonly paired: boolean;
  /** Certified: the largest eigenvalue of G at this frequency is at most this. Only ever lowered. */
  bound: number;
  /** About the largest eigenvalue. */
  estimate: number;
}

export interface Peak {
  readonly t: readonly number[];
  /** Largest eigenvalue of G there, as an estimate. */
  readonly value: number;
  /** Its eigenvector, [real parts, imaginary parts]. */
  readonly vector: Float64Array;
}

/** The kernel is real, so half of the torus is enough. */
export function halfTorus(
  torus: readonly number[],
  parity: readonly number[],
): { t: readonly number[]; paired: boolean }[] {
  const half: { t: readonly number[]; paired: boolean }[] = [];
  const axes = torus.map((size, axis) => Array.from({ length: size }, (_, j) => 2 * j + parity[axis]!));
  for (const t of combinations(axes)) {
    // Of a frequency and its mirror image, the one whose first coordinate that differs is smaller.
    const axis = t.findIndex((at, a) => at !== imageOf(at, torus[a]!));
    if (axis === -1) half.push({ t, paired: false });
    else if (t[axis]! < imageOf(t[axis]!, torus[axis]!)) half.push({ t, paired: true });
  }
  return half;
}

/** Of one coordinate, that of the mirror image. */
const imageOf = (at: number, size: number): number => (2 * size - at) % (2 * size);

/** All frequencies two by two; the last one of an odd number is its own partner. */
export function* inPairs<T>(items: readonly T[]): Generator<readonly [T, T]> {
  for (let at = 0; at < items.length; at += 2) yield [items[at]!, items[at + 1] ?? items[at]!];
}

/** Points per axis at which a first look is taken: kernels of a few taps have no narrow peaks. */
const looksPerAxis = 14;

/** Frequencies with a first estimate, and those of them that were looked at themselves, every `spacing` points along an axis. */
export interface Survey {
  readonly frequencies: Frequency[];
  readonly looked: readonly Frequency[];
  readonly spacing: readonly number[];
}

/**
 * A first look at a plain torus: of every frequency the Frobenius norm of G, which no eigenvalue exceeds, and a few Lanczos steps at some of them, the highest of
 * which around it is the estimate of every other.
 */
export async function survey(symbol: BlockSymbol, pace: Pace): Promise<Survey> {
  const { torus } = symbol;
  const spacing = torus.map((size) => Math.max(1, Math.floor(size / looksPerAxis)));
  const frequencies = await unseen(symbol, torus.map(() => 0), pace); // prettier-ignore
  const onGrid = (t: readonly number[]): boolean => t.every((at, axis) => (at / 2) % spacing[axis]! === 0);
  const looked = frequencies.filter(({ t }) => onGrid(t) || onGrid(mirrored(torus, t)));
  for (const two of inPairs(looked)) await estimate(symbol, two, { steps: 9, tolerance: 2e-3 }, pace);
  const estimateAt = lookup(torus, looked);
  const corners = combinations(torus.map(() => [0, 1]));
  const corner = torus.map(() => 0);
  for (const frequency of frequencies) {
    if (frequency.estimate > 0) continue;
    for (const upper of corners) {
      for (let axis = 0; axis < torus.length; axis++) {
        const step = 2 * spacing[axis]!;
        const at = frequency.t[axis]! - (frequency.t[axis]! % step) + upper[axis]! * step;
        corner[axis] = at < 2 * torus[axis]! ? at : 0;
      }
      frequency.estimate = Math.max(frequency.estimate, estimateAt(corner));
    }
  }
  return { frequencies, looked, spacing };
}

/** The frequencies of another parity, each estimated by the highest of its neighbours on the plain torus; those beside the peak by the peak. */
export async function twisted(
  symbol: BlockSymbol,
  parity: readonly number[],
  plain: readonly Frequency[],
  peak: Peak,
  pace: Pace,
): Promise<Frequency[]> {
  const { torus } = symbol;
  const sides = combinations(parity.map((odd) => (odd === 1 ? [-1, 1] : [0])));
  const around = combinations(parity.map(() => [-1, 0, 1]));
  const onPlain = lookup(torus, plain);
  const ofPeak = lookup(torus, [{ t: peak.t, estimate: peak.value }]);
  const frequencies = await unseen(symbol, parity, pace);
  for (const frequency of frequencies)
    frequency.estimate = Math.max(highestBeside(frequency.t, sides, onPlain), highestBeside(frequency.t, around, ofPeak)); // prettier-ignore
  return frequencies;
}

function highestBeside(
  t: readonly number[],
  shifts: readonly (readonly number[])[],
  estimateAt: (t: readonly number[]) => number,
): number {
  const beside = [...t];
  let highest = 0;
  for (const shift of shifts) {
    for (let axis = 0; axis < t.length; axis++) beside[axis] = t[axis]! + shift[axis]!;
    highest = Math.max(highest, estimateAt(beside));
  }
  return highest;
}

/** Bounded by their Frobenius norms. */
async function unseen(symbol: BlockSymbol, parity: readonly number[], pace: Pace): Promise<Frequency[]> {
  const half = halfTorus(symbol.torus, parity);
  const bounds = await frobeniusBounds(symbol, half.map(({ t }) => t), pace); // prettier-ignore
  return half.map(({ t, paired }, at) => ({ t, paired, bound: bounds[at]!, estimate: 0 }));
}

/** The estimate at a frequency or at its mirror image, where there is one; else 0. */
function lookup(
  torus: readonly number[],
  frequencies: readonly Pick<Frequency, 't' | 'estimate'>[],
): (t: readonly number[]) => number {
  // Asked for once for every neighbour of every frequency: no lists on the way.
  const estimates = new Map<number, number>();
  const place = (t: readonly number[], sign: 1 | -1): number => {
    let flat = 0;
    for (let axis = 0; axis < torus.length; axis++) {
      const period = 2 * torus[axis]!;
      flat = flat * period + ((sign * t[axis]! + 2 * period) % period);
    }
    return flat;
  };
  for (const { t, estimate } of frequencies) {
    estimates.set(place(t, 1), estimate);
    estimates.set(place(t, -1), estimate);
  }
  return (t) => estimates.get(place(t, 1)) ?? 0;
}

const mirrored = (torus: readonly number[], t: readonly number[]): readonly number[] =>
  t.map((at, axis) => imageOf(at, torus[axis]!));

/** Replaces the estimates of two frequencies. */
export async function estimate(
  symbol: BlockSymbol,
  two: readonly [Frequency, Frequency],
  effort: { readonly steps: number; readonly tolerance: number },
  pace: Pace,
): Promise<void> {
  symbol.pairs.write([symbolFactors(symbol, two[0].t), symbolFactors(symbol, two[1].t)]);
  const values = await largestRitzValues(symbol.pairs, effort, pace);
  two[0].estimate = values[0];
  two[1].estimate = values[1];
}

/** The largest eigenpair of G at one frequency. */
export async function peakAt(symbol: BlockSymbol, t: readonly number[], pace: Pace): Promise<Peak> {
  const { size, pairs } = symbol;
  const factors = symbolFactors(symbol, t);
  pairs.write([factors, factors]);
  const { value, vector } = await largestEigenpair(
    (x) => {
      for (let i = 0; i < size; i++) {
        pairs.x[4 * i] = x[i]!;
        pairs.x[4 * i + 2] = x[size + i]!;
      }
      pairs.multiply();
      const image = new Float64Array(2 * size);
      for (let i = 0; i < size; i++) {
        image[i] = pairs.y[4 * i]!;
        image[size + i] = pairs.y[4 * i + 2]!;
      }
      return image;
    },
    seededVector(2 * size, 11),
    { steps: 80, tolerance: 1e-5, cost: 2 * size * size },
    pace,
  );
  return { t, value, vector };
}

/**
 * Numbers that no eigenvalue of G exceeds at two frequencies; undefined where the factorisation of shift I - G fails. The errors of
 * the factorisation and of G itself are included.
 */
export async function certify(
  symbol: BlockSymbol,
  two: readonly [Frequency, Frequency],
  shifts: Two,
  pace: Pace,
): Promise<readonly [number | undefined, number | undefined]> {
  const factors = [symbolFactors(symbol, two[0].t), symbolFactors(symbol, two[1].t)] as const;
  const [one, other] = await symbol.pairs.proveBelow(factors, shifts, pace);
  const withError = (proved: number | undefined): number | undefined =>
    proved === undefined ? undefined : above(proved + symbol.error);
  return [withError(one), withError(other)];
}
