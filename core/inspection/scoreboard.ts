import type { Bound, Norm, Unbounded, Unsupported, Witness } from '../bound.ts';
import type { BoundEntry, LipschitzInterval, LowerEnd, UpperEnd } from '../report/inspection.ts';
import type { InspectionEvent } from '../report/progress.ts';
import { weaker } from '../report/words.ts';

/**
 * The best ends so far and every value on the way. Nothing here ever gets worse: a value that does not improve on its own method is
 * dropped, and only certified ends may stand in the interval once there is one.
 */
export class Scoreboard {
  readonly #norm: Norm;
  readonly #region: string;
  readonly #seconds: () => number;
  readonly #bounds: BoundEntry[] = [];
  #lower: LowerEnd;
  #upper: UpperEnd = { value: null, pending: true };

  constructor(norm: Norm, region: string, seconds: () => number, origin: Witness) {
    this.#norm = norm;
    this.#region = region;
    this.#seconds = seconds;
    // 0 needs no proof; any two points witness it.
    this.#lower = { value: 0, method: 'none', rigor: 'certified', witness: origin };
  }

  get bounds(): readonly BoundEntry[] {
    return this.#bounds;
  }

  get best(): LipschitzInterval {
    return { lower: this.#lower, upper: this.#upper };
  }

  /** Nothing is left to gain. */
  isClosed(): boolean {
    const upper = this.#upper.value;
    return upper !== null && this.#lower.rigor === 'certified' && upper <= this.#lower.value * (1 + 1e-6);
  }

  /** Of the certified ends where there are any. */
  get standing(): { readonly lower: number; readonly upper: number } {
    return { lower: this.#lower.value, upper: this.#upper.value ?? Number.POSITIVE_INFINITY };
  }

  bound(bound: Bound): InspectionEvent | undefined {
    const { side, ...end } = bound;
    return side === 'upper' ? this.upper(end) : this.lower(end);
  }

  upper(end: Extract<UpperEnd, { value: number }>): InspectionEvent | undefined {
    if (!this.#improves('upper', end.method, end.value, end.rigor)) return undefined;
    const current = this.#upper;
    const better =
      current.value === null ||
      (end.rigor === 'certified'
        ? end.value < current.value || current.rigor !== 'certified'
        : end.value < current.value && current.rigor !== 'certified');
    if (better) this.#upper = end;
    return this.#noted('upper', end.method, end.value, end.rigor);
  }

  lower(end: LowerEnd): InspectionEvent | undefined {
    if (!this.#improves('lower', end.method, end.value, end.rigor)) return undefined;
    // A search in float32 that passes a proved upper end has measured rounding.
    if (end.rigor !== 'certified' && this.#upper.value !== null && end.value > this.#upper.value) return undefined;
    // A certified 0 is beaten by a number that is only numerical: it says more, and says what it is.
    const better =
      end.rigor === 'certified'
        ? end.value > this.#lower.value || this.#lower.rigor !== 'certified'
        : this.#lower.value === 0;
    if (better) this.#lower = end;
    return this.#noted('lower', end.method, end.value, end.rigor);
  }

  impossible(reason: { readonly unbounded: Unbounded } | { readonly unsupported: Unsupported }): InspectionEvent {
    this.#upper = { value: null, ...reason };
    return { kind: 'bound', norm: this.#norm, best: this.best };
  }

  /** On what the method said before with no less rigor: a value that is now proved is news. */
  #improves(side: BoundEntry['side'], method: string, value: number, rigor: BoundEntry['rigor']): boolean {
    return this.#bounds.every(
      (bound) =>
        bound.side !== side ||
        bound.method !== method ||
        weaker(bound.rigor, rigor) !== rigor ||
        (side === 'upper' ? value < bound.value : value > bound.value),
    );
  }

  #noted(side: BoundEntry['side'], method: string, value: number, rigor: BoundEntry['rigor']): InspectionEvent {
    const bound: BoundEntry = {
      side,
      norm: this.#norm,
      region: this.#region,
      method,
      value,
      rigor,
      seconds: this.#seconds(),
    };
    this.#bounds.push(bound);
    return { kind: 'bound', bound, norm: this.#norm, best: this.best };
  }
}
