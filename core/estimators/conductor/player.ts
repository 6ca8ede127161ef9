import type { Bound } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { BoundMethod, BoundQuestion, Turns } from './method.ts';

/** What ends a method that nobody waits for any longer, from inside of its `breathe`. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** How a turn ended: with a new bound, with the method itself, or because its time was over. */
export type TurnEnd =
  { readonly kind: 'bound'; readonly bound: Bound } | { readonly kind: 'ended' } | { readonly kind: 'paused' };

/**
 * A method that takes turns with others on one thread. It needs no knowledge of that: when its turn is over, its next `breathe` does
 * not return before the next turn.
 */
export class Player implements AsyncDisposable {
  readonly method: BoundMethod;
  readonly #bounds: AsyncGenerator<Bound>;
  #turnEnds = 0;
  #turnBegan: number | undefined;
  #spent = 0;
  #next: Promise<IteratorResult<Bound>> | undefined;
  #pause: () => void = () => undefined;
  #parked: { readonly resume: () => void; readonly stop: (reason: Stopped) => void } | undefined;

  constructor(
    method: BoundMethod,
    question: BoundQuestion,
    work: Work,
    { standing, expect }: Pick<Turns, 'standing' | 'expect'>,
  ) {
    this.method = method;
    this.#bounds = method.run(question, {
      engine: work.engine,
      remainingSeconds: () => work.remainingSeconds(),
      turns: { seconds: () => this.seconds, standing, expect },
      breathe: async () => {
        await work.breathe();
        if (performance.now() < this.#turnEnds) return;
        await new Promise<void>((resume, stop) => {
          this.#parked = { resume, stop };
          this.#pause();
        });
      },
    });
  }

  /** Of its own time. */
  get seconds(): number {
    return this.#spent + (this.#turnBegan === undefined ? 0 : (performance.now() - this.#turnBegan) / 1000);
  }

  async turn(milliseconds: number): Promise<TurnEnd> {
    this.#turnBegan = performance.now();
    try {
      return await this.#turn(milliseconds);
    } finally {
      this.#spent = this.seconds;
      this.#turnBegan = undefined;
    }
  }

  async #turn(milliseconds: number): Promise<TurnEnd> {
    this.#turnEnds = performance.now() + milliseconds;
    const paused = new Promise<undefined>((resolve) => {
      this.#pause = () => resolve(undefined);
    });
    this.#parked?.resume();
    this.#parked = undefined;
    this.#next ??= this.#bounds.next();
    let result: IteratorResult<Bound> | undefined;
    try {
      result = await Promise.race([this.#next, paused]);
    } catch (error) {
      this.#next = undefined;
      throw error;
    }
    if (result === undefined) return { kind: 'paused' };
    this.#next = undefined;
    return result.done === true ? { kind: 'ended' } : { kind: 'bound', bound: result.value };
  }

  /** Whatever the method has open is closed by its own `finally` and `using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#parked?.stop(new Stopped());
    this.#parked = undefined;
    await this.#next?.catch((reason: unknown) => {
      if (!(reason instanceof Stopped)) throw reason;
    });
    await this.#bounds.return(undefined);
  }
}
