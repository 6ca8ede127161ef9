import type { Bound } from '../../bound.ts';

/** Where the interval stands: what any method has to beat. */
export interface Standing {
  readonly lower: number;
  readonly upper: number;
}

/** Seconds, and share of the budget, over which gains are seen at the least: a descent may take steps of seconds, and first a few that gain nothing. */
const window = { least: 0.5, share: 0.08 };
/** Own seconds, and share of the budget, for which a method is given the benefit of the doubt; while it is silent, of the time that remains. */
const trial = { least: 0.5, share: 0.1 };
const silentTrial = 0.15;

/** Of the time that a proof is expected to take: a method that has so much left begins it. */
export const proofReserve = 1.5;
/** By how much a bound is enlarged before it is tried to prove it: rounding eats the first ones where multipliers are extreme. */
export const enlargements = [1e-9, 1e-7, 1e-5, 1e-3];
/** What is expected of a proof is that much wider. */
const nearly = 1.01;

/** What can be expected of a method, from what it gained so far. All gains are in logarithms of the bound. */
export class Prospect {
  /** Of its own time. */
  seconds = 0;
  #expected: { readonly side: Bound['side']; readonly value: number; readonly seconds: number } | undefined;
  /** Of its own time until it first said anything: that is no part of its trial, or whoever makes ready for long would have had it before it begins. */
  #silence: number | undefined;
  readonly #sides: { readonly upper: Trend; readonly lower: Trend };
  readonly #trial: number;

  /** `budget`: seconds for all methods together. */
  constructor(budget: number) {
    const least = Math.max(window.least, window.share * budget);
    this.#sides = { upper: new Trend(least), lower: new Trend(least) };
    this.#trial = Math.max(trial.least, trial.share * budget);
  }

  /** It has not said anything yet. */
  get isSilent(): boolean {
    return this.#silence === undefined;
  }

  spent(seconds: number): void {
    this.seconds += seconds;
    for (const trend of Object.values(this.#sides)) trend.age(seconds);
  }

  found({ side, value }: Bound): void {
    this.#silence ??= this.seconds;
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
    const onTrial =
      this.#silence === undefined
        ? this.seconds < Math.max(this.#trial, silentTrial * remaining)
        : this.seconds - this.#silence < this.#trial;
    if (onTrial) return Number.POSITIVE_INFINITY;
    const time = Math.max(remaining, 0.1);
    return Math.max(
      upper.rate - upper.behind(-Math.log(standing.upper)) / time,
      lower.rate - lower.behind(Math.log(standing.lower)) / time,
      0,
    );
  }
}

/** What was reached when, on a clock that begins with the first value: making ready is no sign of what comes. */
class Trend {
  readonly #leastWindow: number;
  /** Every improvement. */
  readonly #reached: { readonly time: number; readonly value: number }[] = [];
  #time = 0;

  constructor(leastWindow: number) {
    this.#leastWindow = leastWindow;
  }

  /** Of the later half of its time: whatever begins with a leap and then gets slower promises no more than that. */
  get rate(): number {
    const last = this.#reached.at(-1);
    if (last === undefined) return 0;
    const window = Math.max(this.#leastWindow, this.#time / 2);
    const before = this.#reached.findLast(({ time }) => time <= this.#time - window) ?? this.#reached[0]!;
    return (last.value - before.value) / window;
  }

  age(seconds: number): void {
    if (this.#reached.length > 0) this.#time += seconds;
  }

  reach(value: number): void {
    const last = this.#reached.at(-1);
    if (last === undefined || value > last.value) this.#reached.push({ time: this.#time, value });
  }

  behind(best: number): number {
    const last = this.#reached.at(-1);
    if (last === undefined) return Number.POSITIVE_INFINITY;
    return Number.isFinite(best) ? Math.max(0, best - last.value) : 0;
  }
}
