import type { Bound } from '../../bound.ts';

/** Where the interval stands: what any method has to beat. */
export interface Standing {
  readonly lower: number;
  readonly upper: number;
}

/** Seconds of its own time, and share of the budget, after which what a method gained counts half: a descent may take steps of seconds, and first a few that gain nothing. */
const memory = { least: 1, share: 0.08 };
/** Own seconds, and share of the budget, for which a method is given the benefit of the doubt; while it is silent, of the time that remains. */
const trial = { least: 0.5, share: 0.1 };
const silentTrial = 0.15;

/** Of the time that a proof is expected to take: a method that has so much left begins it. */
export const proofReserve = 1.5;
/** A bound is enlarged a little before it can be proved. */
const nearly = 1.01;

/** What can be expected of a method, from what it gained so far. All gains are in logarithms of the bound. */
export class Prospect {
  /** Of its own time. */
  seconds = 0;
  #expected: { readonly side: Bound['side']; readonly value: number; readonly seconds: number } | undefined;
  #hasSpoken = false;
  readonly #sides: { readonly upper: Trend; readonly lower: Trend };
  readonly #trial: number;

  /** `budget`: seconds for all methods together. */
  constructor(budget: number) {
    const half = Math.max(memory.least, memory.share * budget);
    this.#sides = { upper: new Trend(half), lower: new Trend(half) };
    this.#trial = Math.max(trial.least, trial.share * budget);
  }

  /** It has not said anything yet. */
  get isSilent(): boolean {
    return !this.#hasSpoken;
  }

  spent(seconds: number): void {
    this.seconds += seconds;
    for (const trend of Object.values(this.#sides)) trend.age(seconds);
  }

  found({ side, value }: Bound): void {
    this.#hasSpoken = true;
    this.#reach(side, value);
    const expected = this.#expected;
    if (expected?.side === side && (side === 'upper' ? value <= expected.value : value >= expected.value))
      this.#expected = undefined;
  }

  /** What it has yet to prove counts as if it had: it will. */
  expects(side: Bound['side'], value: number, seconds: number): void {
    this.#reach(side, value);
    this.#expected = { side, value: side === 'upper' ? nearly * value : value / nearly, seconds };
  }

  /** Whether the time that remains is hardly more than its proof takes. */
  mustProve(remaining: number): boolean {
    return this.#expected !== undefined && remaining <= proofReserve * this.#expected.seconds;
  }

  #reach(side: Bound['side'], value: number): void {
    if (value > 0) this.#sides[side].reach(side === 'upper' ? -Math.log(value) : Math.log(value));
  }

  /**
   * Gain of the interval per second if this method had all the time that remains and went on as it did lately. A method whose own
   * value is behind the best has to make up for that first.
   */
  rate(standing: Standing, remaining: number): number {
    const { upper, lower } = this.#sides;
    if (this.seconds < (this.isSilent ? Math.max(this.#trial, silentTrial * remaining) : this.#trial))
      return Number.POSITIVE_INFINITY;
    const time = Math.max(remaining, 0.1);
    return Math.max(
      upper.rate - upper.behind(-Math.log(standing.upper)) / time,
      lower.rate - lower.behind(Math.log(standing.lower)) / time,
      0,
    );
  }
}

class Trend {
  readonly #memory: number;
  #best: number | undefined;
  #gain = 0;
  #time = 0;

  constructor(memorySeconds: number) {
    this.#memory = memorySeconds;
  }

  get rate(): number {
    return this.#time > 0 ? this.#gain / this.#time : 0;
  }

  /** Gain and time fade together, so that their quotient is the rate of late. */
  age(seconds: number): void {
    const fading = 2 ** (-seconds / this.#memory);
    this.#gain *= fading;
    this.#time = this.#time * fading + seconds;
  }

  reach(value: number): void {
    if (this.#best !== undefined) this.#gain += Math.max(0, value - this.#best);
    this.#best = Math.max(value, this.#best ?? Number.NEGATIVE_INFINITY);
  }

  behind(best: number): number {
    if (this.#best === undefined) return Number.POSITIVE_INFINITY;
    return Number.isFinite(best) ? Math.max(0, best - this.#best) : 0;
  }
}
