import { above, gamma } from '../../rounding.ts';
import { type RowPolynomial, sizesOf, variablesOf } from './row-polynomial.ts';

/** What is decided of each variable: -1 its lower end, 1 its upper end, 0 neither. */
export type Decisions = Int8Array;

/** No variable is left to decide, or none that matters. */
export const nothing = -1;

export interface CornerBound {
  /** p is nowhere larger where the decisions hold. */
  readonly upper: number;
  /** The variable whose being undecided costs most. */
  readonly next: number;
}

/**
 * Bounds p where some variables are decided. What arrives at a variable, y, is known up to an interval, from the first kind on; for the rest of the way, a variable d in [m - r, m + r] with g behind it
 * has d y g <= m y g + r |g| |y|, and |y| is at most its chord on the interval, which is linear: going back, a linear function of what came before is left of it, in the end a number. The same the other
 * way round, with intervals from the output on, is another bound.
 *
 * Arrays are kept from one call to the next: there are millions of them.
 */
export class CornerBounds {
  readonly #polynomial: RowPolynomial;
  readonly #absolute: readonly Float64Array[];
  readonly #forward: Pass;
  readonly #backward: Pass;
  /** Roundings of the way back, in all. */
  readonly #slack: number;

  constructor(polynomial: RowPolynomial) {
    const variables = variablesOf(polynomial);
    const { arriving, leaving, whole } = sizesOf(polynomial);
    // A number on the way is a sum over variables of products; there are fewer roundings on any path than this.
    const relative = gamma(4 * variables + 32 * polynomial.kinds.length);
    this.#polynomial = polynomial;
    this.#absolute = polynomial.matrices.map(({ entries }) => entries.map(Math.abs));
    this.#forward = passOf(arriving, relative);
    this.#backward = passOf(leaving, relative);
    // Once for every kind on which a rest is left, and once for the end.
    this.#slack = above(above(2 * relative * (2 * polynomial.kinds.length + 2)) * whole);
  }

  /** Decides what follows from the decisions, in place, and bounds what is left. */
  of(decisions: Decisions): CornerBound {
    this.#arrive(decisions);
    this.#leave(decisions);
    this.#settle(decisions);
    const back = this.#comeBack(decisions);
    const forth = this.#goForth(decisions);
    const upper = above(Math.min(back, forth) + this.#slack);
    return { upper: Number.isNaN(upper) ? Number.POSITIVE_INFINITY : upper, next: this.#mostDoubtful(decisions) };
  }

  /** Intervals from the first kind on. */
  #arrive(decisions: Decisions): void {
    const { kinds, matrices, first } = this.#polynomial;
    const { low, high, slack, middle, radius } = this.#forward;
    low.set(first);
    high.set(first);
    for (let at = 0; at < matrices.length; at++) {
      this.#scale(decisions, at, this.#forward);
      const { rows, columns, entries } = matrices[at]!;
      const sizes = this.#absolute[at]!;
      const start = kinds[at + 1]!.start;
      const from = kinds[at]!.start;
      for (let i = 0; i < rows; i++) {
        let [sum, far] = [0, slack[start + i]!];
        for (let j = 0, e = i * columns; j < columns; j++, e++) {
          sum += entries[e]! * middle[from + j]!;
          far += sizes[e]! * radius[from + j]!;
        }
        low[start + i] = sum - far;
        high[start + i] = sum + far;
      }
    }
  }

  /** Intervals from the output on. */
  #leave(decisions: Decisions): void {
    const { kinds, matrices, last } = this.#polynomial;
    const { low, high, slack, middle, radius } = this.#backward;
    low.set(last, kinds.at(-1)!.start);
    high.set(last, kinds.at(-1)!.start);
    for (let at = matrices.length - 1; at >= 0; at--) {
      this.#scale(decisions, at + 1, this.#backward);
      const { rows, columns, entries } = matrices[at]!;
      const sizes = this.#absolute[at]!;
      const start = kinds[at]!.start;
      const from = kinds[at + 1]!.start;
      for (let j = 0; j < columns; j++) {
        low[start + j] = 0;
        high[start + j] = slack[start + j]!;
      }
      for (let i = 0; i < rows; i++) {
        const [own, far] = [middle[from + i]!, radius[from + i]!];
        if (own === 0 && far === 0) continue;
        for (let j = 0, e = i * columns; j < columns; j++, e++) {
          low[start + j]! += entries[e]! * own;
          high[start + j]! += sizes[e]! * far;
        }
      }
      for (let j = start; j < start + columns; j++) {
        const [sum, far] = [low[j]!, high[j]!];
        low[j] = sum - far;
        high[j] = sum + far;
      }
    }
  }

  /** Behind the variables of a kind: intervals of products. */
  #scale(decisions: Decisions, at: number, { low, high, middle, radius }: Pass): void {
    const { start, count, low: least, high: most } = this.#polynomial.kinds[at]!;
    for (let i = start; i < start + count; i++) {
      const own = decisions[i]!;
      const [a, b] = [low[i]!, high[i]!];
      if (own === 0) {
        const [p, q, r, s] = [least * a, least * b, most * a, most * b];
        const [bottom, top] = [Math.min(p, q, r, s), Math.max(p, q, r, s)];
        middle[i] = (bottom + top) / 2;
        radius[i] = (top - bottom) / 2;
      } else {
        const slope = own < 0 ? least : most;
        middle[i] = (slope * (a + b)) / 2;
        radius[i] = (Math.abs(slope) * (b - a)) / 2;
      }
    }
  }

  /** Where the sign of y g is known, one end is the best, whatever the others are. */
  #settle(decisions: Decisions): void {
    const [y, g] = [this.#forward, this.#backward];
    for (let i = 0; i < decisions.length; i++) {
      if (decisions[i] !== 0) continue;
      const [a, b, p, q] = [y.low[i]!, y.high[i]!, g.low[i]!, g.high[i]!];
      if ((a >= 0 && p >= 0) || (b <= 0 && q <= 0)) decisions[i] = 1;
      else if ((a >= 0 && q <= 0) || (b <= 0 && p >= 0)) decisions[i] = -1;
    }
  }

  /** From the output back to the first kind, with chords over what arrives. */
  #comeBack(decisions: Decisions): number {
    const { kinds, matrices, first, last } = this.#polynomial;
    const { linear, lost } = this.#backward;
    linear.set(last, kinds.at(-1)!.start);
    let sum = 0;
    for (let at = kinds.length - 1; ; at--) {
      sum += this.#follow(decisions, at, this.#backward, this.#forward);
      if (at === 0) break;
      const { rows, columns, entries } = matrices[at - 1]!;
      const from = kinds[at]!.start;
      const start = kinds[at - 1]!.start;
      for (let j = start; j < start + columns; j++) linear[j] = 0;
      for (let i = 0; i < rows; i++) {
        const own = lost[from + i]!;
        if (own === 0) continue;
        for (let j = 0, e = i * columns; j < columns; j++, e++) linear[start + j]! += own * entries[e]!;
      }
    }
    for (let i = 0; i < first.length; i++) sum += lost[i]! * first[i]!;
    return sum;
  }

  /** From the first kind to the output, with chords over what leaves. */
  #goForth(decisions: Decisions): number {
    const { kinds, matrices, first, last } = this.#polynomial;
    const { linear, lost } = this.#forward;
    linear.set(first);
    let sum = 0;
    for (let at = 0; ; at++) {
      sum += this.#follow(decisions, at, this.#forward, this.#backward);
      if (at === matrices.length) break;
      const { rows, columns, entries } = matrices[at]!;
      const from = kinds[at]!.start;
      const start = kinds[at + 1]!.start;
      for (let i = 0; i < rows; i++) {
        let own = 0;
        for (let j = 0, e = i * columns; j < columns; j++, e++) own += entries[e]! * lost[from + j]!;
        linear[start + i] = own;
      }
    }
    const { start, count } = kinds.at(-1)!;
    for (let i = 0; i < count; i++) sum += lost[start + i]! * last[i]!;
    return sum;
  }

  /** Past the variables of a kind: `lost` are the factors behind them; returns what the chords leave over. */
  #follow(decisions: Decisions, at: number, { linear, lost, rest }: Pass, { low, high }: Pass): number {
    const { start, count, low: least, high: most } = this.#polynomial.kinds[at]!;
    const [middle, radius] = [(least + most) / 2, (most - least) / 2];
    let sum = 0;
    for (let i = start; i < start + count; i++) {
      const own = linear[i]!;
      if (decisions[i] !== 0) {
        lost[i] = own * (decisions[i]! < 0 ? least : most);
        rest[i] = 0;
        continue;
      }
      const reach = radius * Math.abs(own);
      const [a, b] = [low[i]!, high[i]!];
      // The chord of the absolute value.
      const slope = a >= 0 ? 1 : b <= 0 ? -1 : (b + a) / (b - a);
      const over = a >= 0 || b <= 0 ? 0 : Math.max(b - slope * b, -a - slope * a);
      lost[i] = middle * own + reach * slope;
      rest[i] = reach * over;
      sum += reach * over;
    }
    return sum;
  }

  #mostDoubtful(decisions: Decisions): number {
    let [most, next] = [0, nothing];
    for (let i = 0; i < decisions.length; i++) {
      if (decisions[i] !== 0) continue;
      const doubt = this.#forward.rest[i]! + this.#backward.rest[i]!;
      if (doubt > most) [most, next] = [doubt, i];
    }
    return next;
  }
}

/** One direction: intervals of what gets to each variable, of what it makes of that, and the linear function that is carried along. */
interface Pass {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** What an interval may be off by. */
  readonly slack: Float64Array;
  readonly middle: Float64Array;
  readonly radius: Float64Array;
  readonly linear: Float64Array;
  readonly lost: Float64Array;
  readonly rest: Float64Array;
}

function passOf(sizes: Float64Array, relative: number): Pass {
  const blank = (): Float64Array => new Float64Array(sizes.length);
  const slack = sizes.map((size) => above(2 * relative * size));
  return {
    low: blank(),
    high: blank(),
    slack,
    middle: blank(),
    radius: blank(),
    linear: blank(),
    lost: blank(),
    rest: blank(),
  };
}
