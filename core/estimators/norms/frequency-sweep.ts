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
    const image = mirrored(torus, t);
    const axis = t.findIndex((at, a) => at !== image[a]);
    if (axis === -1) half.push({ t, paired: false });
    else if (t[axis]! < image[axis]!) half.push({ t, paired: true });
  }
  return half;
}

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
  for (const frequency of frequencies) {
    if (frequency.estimate > 0) continue;
    const corners = combinations(
      frequency.t.map((at, axis) => {
        const below = at - (at % (2 * spacing[axis]!));
        const next = below + 2 * spacing[axis]!;
        return [below, next < 2 * torus[axis]! ? next : 0];
      }),
    );
    frequency.estimate = Math.max(...corners.map(estimateAt));
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
  const shifts = combinations(parity.map((odd) => (odd === 1 ? [-1, 1] : [0])));
  const estimateAt = lookup(torus, plain);
  const peaks = lookup(torus, [{ t: peak.t, estimate: peak.value }]);
  const around = combinations(parity.map(() => [-1, 0, 1]));
  const frequencies = await unseen(symbol, parity, pace);
  for (const frequency of frequencies) {
    const shifted = (by: readonly (readonly number[])[]): readonly (readonly number[])[] =>
      by.map((shift) => frequency.t.map((at, axis) => at + shift[axis]!));
    frequency.estimate = Math.max(...shifted(shifts).map(estimateAt), ...shifted(around).map(peaks));
  }
  return frequencies;
}

/** Bounded by their Frobenius norms. */
async function unseen(symbol: BlockSymbol, parity: readonly number[], pace: Pace): Promise<Frequency[]> {
  const half = halfTorus(symbol.torus, parity);
  const bounds = await frobeniusBounds(symbol, half.map(({ t }) => t), pace); // prettier-ignore
  return half.map((of, at) => ({ ...of, bound: bounds[at]!, estimate: 0 }));
}

/** The estimate at a frequency or at its mirror image, where there is one; else 0. */
function lookup(
  torus: readonly number[],
  frequencies: readonly Pick<Frequency, 't' | 'estimate'>[],
): (t: readonly number[]) => number {
  const place = (t: readonly number[]): number =>
    t.reduce((flat, at, axis) => flat * 2 * torus[axis]! + ((at + 2 * torus[axis]!) % (2 * torus[axis]!)), 0);
  const estimates = new Map<number, number>();
  for (const { t, estimate } of frequencies) {
    estimates.set(place(t), estimate);
    estimates.set(place(mirrored(torus, t)), estimate);
  }
  return (t) => estimates.get(place(t)) ?? 0;
}

const mirrored = (torus: readonly number[], t: readonly number[]): readonly number[] =>
  t.map((at, axis) => (2 * torus[axis]! - at) % (2 * torus[axis]!));

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
