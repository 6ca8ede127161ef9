import { Cancelled } from '../compute/work.ts';

/** Whoever works on tasks: this thread or another one. */
export interface Hand<Task, Result> extends AsyncDisposable {
  work(task: Task): Promise<Result>;
}

/** Starts other threads; each comes when it is ready. */
export type Hire<Task, Result> = () => readonly Promise<Hand<Task, Result>>[];

/** This thread, and others once it turns out that there is enough to do. Whoever is hired leaves with the crew. */
export class Crew<Task, Result> implements AsyncDisposable {
  readonly #own: Hand<Task, Result>;
  readonly #hire: Hire<Task, Result> | undefined;
  readonly #hired: Hand<Task, Result>[] = [];
  #hiring: readonly Promise<void>[] | undefined;
  /** Those of them that are still on the way. */
  readonly #coming = new Set<Promise<void>>();
  #left = false;
  /** Whether those hired are at something that this thread does not wait for. */
  #occupied = false;

  constructor(own: Hand<Task, Result>, hire: Hire<Task, Result> | undefined) {
    this.#own = own;
    this.#hire = hire;
  }

  /** How many work at the same time. */
  get size(): number {
    return Math.max(1, this.#hired.length);
  }

  /** Whether anybody is on the way, or has come. */
  hire(): boolean {
    if (this.#hire === undefined) return false;
    this.#hiring ??= this.#hire().map((coming) => {
      const arrival = coming
        .then(
          (hand) => void this.#hired.push(hand),
          // Without it the work takes longer, no more.
          () => undefined,
        )
        .then(() => void this.#coming.delete(arrival));
      this.#coming.add(arrival);
      return arrival;
    });
    return this.#hiring.length > 0;
  }

  /** Whether anybody has come, as soon as that is known. */
  async arrived(): Promise<boolean> {
    for (const coming of this.#hiring ?? []) {
      await coming;
      if (this.#hired.length > 0) return true;
    }
    return false;
  }

  /**
   * Hands out item after item and gives back what comes of them, in whatever order. This thread begins; when others have come, it only
   * minds the queue. `taskOf` answers undefined when nothing more is to be begun.
   * When it is left to those hired, this thread does something else meanwhile. The first of them begins with the last items: where those take longest, nobody
   * is left alone with one at the end, and what is short has answers from the start.
   */
  async *share<Item>(
    items: readonly Item[],
    taskOf: (item: Item, left: number) => Task | undefined,
    by: 'all' | 'those hired' = 'all',
  ): AsyncGenerator<{ readonly item: Item; readonly result: Result; readonly begun: number }> {
    type Done = { readonly from: Hand<Task, Result>; readonly item: Item; readonly result: Result };
    const running = new Map<Hand<Task, Result>, Promise<Done>>();
    const waiting = [...items];
    const alone = by === 'those hired';
    if (alone) this.#occupied = true;
    let begun = 0;
    let open = true;
    try {
      for (;;) {
        const hands = this.#hired.length > 0 && (alone || !this.#occupied) ? this.#hired : [this.#own];
        for (const from of hands) {
          if (!open || begun >= items.length || running.has(from)) continue;
          const last = alone && from === hands[0];
          const item = waiting.at(last ? -1 : 0)!;
          const task = taskOf(item, waiting.length);
          open = task !== undefined;
          if (task === undefined) break;
          if (last) waiting.pop();
          else waiting.shift();
          begun++;
          const result = this.#answer(from, task).then((answer) => ({ from, item, result: answer }));
          // When one fails the others are no longer waited for.
          result.catch(() => undefined);
          running.set(from, result);
        }
        if (running.size === 0) break;
        // Whoever comes meanwhile begins at once.
        const done = await Promise.race([...running.values(), ...(begun < items.length ? this.#coming : [])]);
        if (done === undefined) continue;
        const { from, item, result } = done;
        running.delete(from);
        yield { item, result, begun };
      }
    } finally {
      if (alone) this.#occupied = false;
    }
  }

  /** A thread may die, of a lack of memory or by its engine: its task is done here then, and it gets no other. */
  async #answer(from: Hand<Task, Result>, task: Task): Promise<Result> {
    try {
      return await from.work(task);
    } catch (error) {
      if (from === this.#own || error instanceof Cancelled) throw error;
      // It was sent away, and with it goes what it was asked.
      if (this.#left) throw new Cancelled();
      const place = this.#hired.indexOf(from);
      if (place >= 0) this.#hired.splice(place, 1);
      await from[Symbol.asyncDispose]();
      return this.#own.work(task);
    }
  }

  /** Also after a cancel: whoever is still on the way is sent back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#left = true;
    await Promise.all(this.#hiring ?? []);
    await Promise.all(this.#hired.map((hand) => hand[Symbol.asyncDispose]()));
  }
}
