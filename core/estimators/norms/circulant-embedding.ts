import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above } from '../../rounding.ts';
import { type BlockSymbol, blockSymbol, symbolProducts } from './block-symbol.ts';
import { certify, type Frequency, type Peak, peakAt, type Scratch, scratchFor, survey } from './frequency-sweep.ts';
import type { Findings } from './interval.ts';
import { combinations, product } from './landing.ts';
import type { Polyphase } from './polyphase.ts';
import { largestSection, scalarSection } from './scalar-section.ts';
import { stretchedWave } from './stretched-wave.ts';

/** Above a measured eigenvalue by this much, so that its factorisation succeeds: half of it is lost in the norm. */
const margin = 1e-4;

/**
 * The convolution is a compression of a circular one on a slightly larger torus, picked up with a phase theta when it wraps, so
 * |T| <= max_j |F(w_j)| over the frequencies w_j = (2 pi j + theta) / N, for any theta in [0, 2 pi) per axis. Every frequency is proved by a
 * Frobenius norm or a Hermitian Cholesky factorisation. For one forward group, scaled near 1.
 */
export async function* circulantNorm(phases: Polyphase, absoluteNorm: number, pace: Pace): Findings {
  const symbol = await blockSymbol(phases, pace);
  const scratch = scratchFor(symbol);
  const plain = symbol.torus.map(() => 0);
  let frequencies = await survey(symbol, plain, scratch, pace);
  yield upperOf(frequencies);

  const peak = await highestPeak(symbol, frequencies, scratch, pace);
  // Nothing is lost between grid points when the peak lies between them: twist the axes in which it lies on one.
  const parity = peak.t.map((t) => (t + 1) % 2);
  if (parity.some((odd) => odd === 1)) {
    frequencies = await survey(symbol, parity, scratch, pace);
    yield upperOf(frequencies);
  }

  yield { lower: await stretchedWave(phases, symbol, peak, absoluteNorm, pace), method: 'power-iteration' };

  const small = product(phases.outputSize) <= largestSection && product(phases.inputSize) <= largestSection;
  // An eigenvalue search and a factorisation each; the one shift for all below needs the factorisations only.
  const each = 2 * (symbolProducts(symbol) + 120 * symbol.size ** 2 + symbol.size ** 3);
  const sectioned = small && pace.affords(2 * each * frequencies.length);
  if (sectioned) {
    yield* everyFrequency(symbol, frequencies, scratch, pace);
    const upper = await scalarSection(symbol, frequencies, phases.inputSize, phases.outputSize, pace);
    yield { upper, method: 'scalar-section' };
  } else yield* highestFrequency(symbol, frequencies, scratch, pace);
}

const largestBound = (frequencies: readonly Frequency[]): number =>
  frequencies.reduce((most, { bound }) => Math.max(most, bound), 0);

const upperOf = (frequencies: readonly Frequency[]): { upper: number; method: string } => ({
  upper: above(Math.sqrt(largestBound(frequencies))),
  method: 'circulant-embedding',
});

/** The peak of the spectrum on the grid of both parities, from the best frequency of the plain one. */
async function highestPeak(
  symbol: BlockSymbol,
  frequencies: readonly Frequency[],
  scratch: Scratch,
  pace: Pace,
): Promise<Peak> {
  const byEstimate = [...frequencies].sort((a, b) => b.estimate - a.estimate);
  let best = await peakAt(symbol, byEstimate[0]!.t, scratch, pace);
  for (const { t } of byEstimate.slice(1, 3)) {
    const other = await peakAt(symbol, t, scratch, pace);
    if (other.value > best.value) best = other;
  }
  const centre = best.t;
  for (const shift of combinations(centre.map(() => [-1, 0, 1]))) {
    if (shift.every((by) => by === 0)) continue;
    const t = centre.map((at, axis) => (at + shift[axis]! + 2 * symbol.torus[axis]!) % (2 * symbol.torus[axis]!));
    const other = await peakAt(symbol, t, scratch, pace);
    if (other.value > best.value) best = other;
  }
  return best;
}

/**
 * One shift for all frequencies, raised whenever a frequency turns out to lie above it and never lowered again. Those with the
 * largest bounds come first, so the answer improves all the way and ends at the first one that needs no proof.
 */
async function* highestFrequency(
  symbol: BlockSymbol,
  frequencies: readonly Frequency[],
  scratch: Scratch,
  pace: Pace,
): Findings {
  const byEstimate = [...frequencies].sort((a, b) => b.estimate - a.estimate).slice(0, 3);
  let shift = 0;
  for (const { t } of byEstimate)
    shift = Math.max(shift, (await peakAt(symbol, t, scratch, pace)).value * (1 + margin));
  const byBound = [...frequencies].sort((a, b) => b.bound - a.bound);
  let proved = 0;
  for (const [index, frequency] of byBound.entries()) {
    if (frequency.bound <= Math.max(shift, proved)) break;
    const { raised, bound } = await proveAt(symbol, frequency, shift, scratch, pace);
    shift = raised;
    frequency.bound = Math.min(frequency.bound, bound);
    proved = Math.max(proved, frequency.bound);
    if (index % 512 === 511) yield upperOf(frequencies);
  }
  yield upperOf(frequencies);
}

/** Each frequency as tightly as it can be had, the largest first. */
async function* everyFrequency(
  symbol: BlockSymbol,
  frequencies: readonly Frequency[],
  scratch: Scratch,
  pace: Pace,
): Findings {
  for (const frequency of [...frequencies].sort((a, b) => b.bound - a.bound)) {
    const { value } = await peakAt(symbol, frequency.t, scratch, pace);
    const { bound } = await proveAt(symbol, frequency, value * (1 + margin), scratch, pace);
    frequency.bound = Math.min(frequency.bound, bound);
  }
  yield upperOf(frequencies);
}

async function proveAt(
  symbol: BlockSymbol,
  { t, bound }: Frequency,
  from: number,
  scratch: Scratch,
  pace: Pace,
): Promise<{ raised: number; bound: number }> {
  let shift = from;
  for (let attempt = 0; attempt < 5 && shift < bound; attempt++) {
    const proved = await certify(symbol, t, shift, scratch, pace);
    if (proved !== undefined) return { raised: shift, bound: proved };
    const { value } = await peakAt(symbol, t, scratch, pace);
    shift = Math.max(shift * (1 + margin * 4 ** attempt), value * (1 + margin));
  }
  return { raised: from, bound };
}
