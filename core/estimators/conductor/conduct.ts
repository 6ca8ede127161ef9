import type { Bound } from '../../bound.ts';
import { Cancelled, type Work } from '../../compute/work.ts';
import type { BoundMethod, BoundQuestion } from './method.ts';
import { Player } from './player.ts';
import { Prospect, type Standing } from './prospect.ts';

/** What happens while the methods play. */
export type Movement =
  | { readonly kind: 'bound'; readonly bound: Bound }
  /** Another method has the turn. */
  | { readonly kind: 'turn'; readonly method: BoundMethod }
  /** A method gave up in a way that nobody foresaw; the others go on. */
  | { readonly kind: 'failed'; readonly method: BoundMethod; readonly reason: string };

export interface Audience {
  /** The interval as it stands, after all bounds so far. */
  readonly standing: () => Standing;
  /** Nothing is left to gain. */
  readonly isClosed: () => boolean;
}

const turnMilliseconds = 100;
/** After the budget, for a proof that takes moments. */
const lastTurnMilliseconds = 300;
/** However little it promises, every method gets this share of an equal part of the time: late bloomers exist. */
const leastShare = 0.5;
/** A method that is still at its first value may be one step from the best of all. */
const leastSilentShare = 1;

/**
 * Lets methods take turns, each time the one expected to gain most per second. Ends when the interval is closed, the budget is spent or
 * all methods have ended.
 */
export const conduct = (
  methods: readonly BoundMethod[],
  question: BoundQuestion,
  work: Work,
  audience: Audience,
): AsyncGenerator<Movement> => new Concert(methods, question, work, audience).play();

class Concert {
  readonly #methods: readonly BoundMethod[];
  readonly #question: BoundQuestion;
  readonly #work: Work;
  readonly #audience: Audience;

  constructor(methods: readonly BoundMethod[], question: BoundQuestion, work: Work, audience: Audience) {
    this.#methods = methods;
    this.#question = question;
    this.#work = work;
    this.#audience = audience;
  }

  async *play(): AsyncGenerator<Movement> {
    const seats = this.#methods.map((method) => new Seat(method, this.#question, this.#work, this.#audience.standing));
    try {
      yield* this.#turns(new Set(seats));
      for (const seat of seats) for (const bound of seat.heldBack()) yield { kind: 'bound', bound };
    } finally {
      for (const { player } of seats) await player[Symbol.asyncDispose]();
    }
  }

  async *#turns(seats: Set<Seat>): AsyncGenerator<Movement> {
    let last: Seat | undefined;
    while (seats.size > 0 && !this.#audience.isClosed()) {
      const remaining = this.#work.remainingSeconds();
      const seat = this.#choose([...seats], remaining);
      if (seat !== last) yield { kind: 'turn', method: seat.player.method };
      last = seat;
      const { bounds, ended, failure } = await seat.turn(remaining > 0 ? turnMilliseconds : lastTurnMilliseconds);
      for (const bound of bounds) yield { kind: 'bound', bound };
      if (failure !== undefined) yield { kind: 'failed', method: seat.player.method, reason: failure };
      if (ended || remaining <= 0) seats.delete(seat);
    }
  }

  #choose(seats: readonly Seat[], remaining: number): Seat {
    const proving = seats.find(({ prospect }) => prospect.mustProve(remaining));
    if (proving !== undefined) return proving;
    const standing = this.#audience.standing();
    const total = seats.reduce((sum, { prospect }) => sum + prospect.seconds, 0);
    const neglected = seats.find(({ prospect: { seconds, isSilent } }) => {
      const share = isSilent ? leastSilentShare : leastShare;
      return seconds < (share * total) / seats.length;
    });
    if (neglected !== undefined) return neglected;
    // Of equally promising ones, the one that had least time.
    return seats
      .map((seat) => ({ seat, rate: seat.prospect.rate(standing, remaining) }))
      .reduce((best, one) =>
        one.rate > best.rate || (one.rate === best.rate && one.seat.prospect.seconds < best.seat.prospect.seconds)
          ? one
          : best,
      ).seat;
  }
}

/** A player, what it promises, and the bounds of it that are not worth an event each. */
class Seat {
  readonly player: Player;
  readonly prospect: Prospect;
  readonly #start = performance.now();
  #lastRelease = Number.NEGATIVE_INFINITY;
  readonly #held = new Map<string, Bound>();
  readonly #work: Work;

  constructor(method: BoundMethod, question: BoundQuestion, work: Work, standing: Audience['standing']) {
    this.prospect = new Prospect(work.remainingSeconds());
    this.player = new Player(method, question, work, {
      standing,
      expect: (side, value, seconds) => this.prospect.expects(side, value, seconds),
    });
    this.#work = work;
  }

  async turn(milliseconds: number): Promise<{ bounds: readonly Bound[]; ended: boolean; failure?: string }> {
    const start = performance.now();
    const end = start + milliseconds;
    try {
      for (;;) {
        await this.#work.breathe();
        const result = await this.player.turn(end - performance.now());
        if (result.kind === 'bound') this.#take(result.bound);
        const ended = result.kind === 'ended';
        if (ended || result.kind === 'paused' || performance.now() >= end) return { bounds: this.#release(), ended };
      }
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      return { bounds: [], ended: true, failure: error instanceof Error ? error.message : String(error) };
    } finally {
      this.prospect.spent((performance.now() - start) / 1000);
    }
  }

  /** Of each side and rigor the best. */
  #take(bound: Bound): void {
    this.prospect.found(bound);
    const key = `${bound.side} ${bound.rigor} ${bound.method}`;
    const old = this.#held.get(key);
    if (old === undefined || (bound.side === 'upper' ? bound.value < old.value : bound.value > old.value))
      this.#held.set(key, bound);
  }

  /** A descent takes thousands of steps: the further it is, the rarer the news. */
  #release(): readonly Bound[] {
    const now = performance.now();
    if (now - this.#lastRelease < 0.05 * (now - this.#start)) return [];
    const bounds = this.heldBack();
    if (bounds.length > 0) this.#lastRelease = now;
    return bounds;
  }

  heldBack(): readonly Bound[] {
    const bounds = [...this.#held.values()];
    this.#held.clear();
    return bounds;
  }
}
