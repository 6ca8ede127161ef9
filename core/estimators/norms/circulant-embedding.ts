import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution } from '../../operators/linear-map.ts';
import { above } from '../../rounding.ts';
import { type BlockSymbol, blockSymbol } from './block-symbol.ts';
import {
  certify,
  estimate,
  type Frequency,
  inPairs,
  type Peak,
  peakAt,
  type Survey,
  survey,
  twisted,
} from './frequency-sweep.ts';
import type { Finding, Findings } from './interval.ts';
import { combinations, product } from './landing.ts';
import { type Polyphase, samplingOf } from './polyphase.ts';
import { largestSection, scalarSection } from './scalar-section.ts';
import { stretchedWave } from './stretched-wave.ts';

/** Above a measured eigenvalue by this much, so that its factorisation succeeds: half of it is lost in the norm. */
const margin = 4e-4;

/** Products a second of the vector kernels. */
const kernelSpeed = 4e9;

/** Lanczos steps that find the largest eigenvalue at a frequency to a fraction of the margin. */
const precisely = { steps: 80, tolerance: 8e-5 };

/**
 * The convolution is a compression of a circular one on a slightly larger torus, picked up with a phase theta when it wraps, so
 * |T| <= max_j |F(w_j)| over the frequencies w_j = (2 pi j + theta) / N, for any theta in [0, 2 pi) per axis. Every frequency is proved by a
 * Frobenius norm or a Hermitian Cholesky factorisation. Long axes are sampled instead (see samplingOf). For one forward group, scaled
 * near 1.
 */
export async function* circulantNorm(
  group: Convolution,
  phases: Polyphase,
  absoluteNorm: number,
  pace: Pace,
): Findings {
  const { torus, factor } = samplingOf(phases);
  using room = pace.room();
  const symbol = await blockSymbol(phases, torus, room, pace);
  const upperOf = (frequencies: readonly Frequency[]): Finding => ({
    upper: above(Math.sqrt(above(largestBound(frequencies) * factor))),
    method: factor === 1 ? 'circulant-embedding' : 'sampled-symbol',
  });
  const surveyed = await survey(symbol, pace);
  let { frequencies } = surveyed;
  yield upperOf(frequencies);

  const peak = await highestPeak(symbol, surveyed, pace);
  // Nothing is lost between grid points when the peak lies between them: twist the axes in which it lies on one.
  const parity = peak.t.map((t) => (t + 1) % 2);
  if (parity.some((odd) => odd === 1)) {
    frequencies = await twisted(symbol, parity, frequencies, peak, pace);
    yield upperOf(frequencies);
  }

  yield { lower: await stretchedWave(group, phases, symbol, peak, absoluteNorm, pace), method: 'power-iteration' };

  const small =
    factor === 1 && product(phases.outputSize) <= largestSection && product(phases.inputSize) <= largestSection;
  // An eigenvalue search and a factorisation each; the one shift for all below needs the factorisations only.
  const each = 120 * symbol.size ** 2 + symbol.size ** 3;
  if (small && !isFlat(surveyed.frequencies) && pace.affords(2 * each * frequencies.length, kernelSpeed)) {
    await proveEvery(symbol, frequencies, pace);
    yield upperOf(frequencies);
    const upper = await scalarSection(symbol, frequencies, phases.inputSize, phases.outputSize, pace);
    yield { upper, method: 'scalar-section' };
    return;
  }
  const order = await inOrder(symbol, frequencies, pace);
  // Now and then, so that the answer improves all the way.
  for (let done = false; !done;) {
    done = await proveNext(symbol, order, 512, pace);
    yield upperOf(frequencies);
  }
}

/**
 * The square of what no frequency of a sampled torus exceeds: what lies below one shift needs no more than its factorisation.
 */
export async function supremumOnTorus(symbol: BlockSymbol, pace: Pace): Promise<number> {
  const { frequencies } = await survey(symbol, pace);
  const order = await inOrder(symbol, frequencies, pace);
  while (!(await proveNext(symbol, order, 512, pace)));
  return largestBound(frequencies);
}

const largestBound = (frequencies: readonly Frequency[]): number =>
  frequencies.reduce((most, { bound }) => Math.max(most, bound), 0);

/** Norms that are this high on average, relative to the highest: the part of the torus that the image uses then takes nothing away worth a value for each. */
const flat = 0.95;

function isFlat(frequencies: readonly Frequency[]): boolean {
  const norms = frequencies.map(({ estimate: squared }) => Math.sqrt(squared));
  const highestNorm = norms.reduce((most, norm) => Math.max(most, norm), 0);
  return norms.reduce((sum, norm) => sum + norm, 0) > flat * highestNorm * norms.length;
}

/** The peak of the spectrum on the grid of both parities: from the best frequencies that were looked at uphill, in ever smaller steps. */
async function highestPeak(symbol: BlockSymbol, { looked, spacing }: Survey, pace: Pace): Promise<Peak> {
  const byEstimate = [...looked].sort((a, b) => b.estimate - a.estimate);
  const best: Frequency[] = byEstimate.slice(0, 4).map((frequency) => ({ ...frequency }));
  await estimateAll(symbol, best, pace);
  let { t } = highest(best);
  for (let reach = Math.max(...spacing); ; reach = Math.floor(reach / 2)) {
    const around = neighbours(symbol, t, reach);
    await estimateAll(symbol, around, pace);
    ({ t } = highest(around));
    if (reach === 1) return peakAt(symbol, t, pace);
  }
}

/** A frequency and those so many steps from it, on the grid of both parities. */
const neighbours = ({ torus }: BlockSymbol, t: readonly number[], reach: number): readonly Frequency[] =>
  combinations(t.map(() => [-reach, 0, reach])).map((shift) => ({
    t: t.map((at, axis) => (at + shift[axis]! + 2 * torus[axis]!) % (2 * torus[axis]!)),
    paired: false,
    bound: Number.POSITIVE_INFINITY,
    estimate: 0,
  }));

const highest = (frequencies: readonly Frequency[]): Frequency =>
  frequencies.reduce((most, frequency) => (frequency.estimate > most.estimate ? frequency : most));

async function estimateAll(symbol: BlockSymbol, frequencies: readonly Frequency[], pace: Pace): Promise<void> {
  for (const two of inPairs(frequencies)) await estimate(symbol, two, precisely, pace);
}

/** One shift for all frequencies, raised whenever one turns out to lie above it and never lowered again. */
interface Order {
  readonly waiting: Frequency[];
  shift: number;
}

/** What is likely to lie highest comes first, so that the shift is raised early; what lies below it needs no proof. */
async function inOrder(symbol: BlockSymbol, frequencies: readonly Frequency[], pace: Pace): Promise<Order> {
  const byEstimate = [...frequencies].sort((a, b) => b.estimate - a.estimate);
  const first = byEstimate.slice(0, 8);
  await estimateAll(symbol, first, pace);
  const shift = highest(first).estimate * (1 + margin);
  return { waiting: byEstimate.filter(({ bound }) => bound > shift), shift };
}

/** Lowers the bounds of the next frequencies; true after the last ones. */
async function proveNext(symbol: BlockSymbol, order: Order, count: number, pace: Pace): Promise<boolean> {
  for (const two of inPairs(order.waiting.splice(0, count))) {
    if (two.every(({ bound }) => bound <= order.shift)) continue;
    order.shift = Math.max(order.shift, await proveBoth(symbol, two, [order.shift, order.shift], pace));
  }
  return order.waiting.length === 0;
}

/** Each frequency as tightly as it can be had, the largest first. */
async function proveEvery(symbol: BlockSymbol, frequencies: readonly Frequency[], pace: Pace): Promise<void> {
  for (const two of inPairs([...frequencies].sort((a, b) => b.bound - a.bound))) {
    await estimate(symbol, two, precisely, pace);
    await proveBoth(symbol, two, [two[0].estimate * (1 + margin), two[1].estimate * (1 + margin)], pace);
  }
}

/** Lowers the bounds of two frequencies to the shifts, or a little above where those are too low; answers the larger shift. */
async function proveBoth(
  symbol: BlockSymbol,
  two: readonly [Frequency, Frequency],
  from: readonly [number, number],
  pace: Pace,
): Promise<number> {
  let shifts = from;
  for (let attempt = 0; attempt < 5; attempt++) {
    const proved = await certify(symbol, two, shifts, pace);
    two.forEach((frequency, lane) => (frequency.bound = Math.min(frequency.bound, proved[lane] ?? frequency.bound)));
    if (proved[0] !== undefined && proved[1] !== undefined) break;
    await estimate(symbol, two, precisely, pace);
    const raised = (lane: 0 | 1): number =>
      proved[lane] === undefined
        ? Math.max(shifts[lane] * (1 + margin * 4 ** attempt), two[lane].estimate * (1 + margin))
        : shifts[lane];
    shifts = [raised(0), raised(1)];
  }
  return Math.max(...shifts);
}
