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

  constructor(own: Hand<Task, Result>, hire: Hire<Task, Result> | undefined) {
    this.#own = own;
    this.#hire = hire;
  }

  /** How many work at the same time. */
  get size(): number {
    return Math.max(1, this.#hired.length);
  }

  hire(): void {
    if (this.#hiring !== undefined || this.#hire === undefined) return;
    this.#hiring = this.#hire().map((coming) =>
      coming.then(
        (hand) => void this.#hired.push(hand),
        // Without it the work takes longer, no more.
        () => undefined,
      ),
    );
  }

  /**
   * Hands out item after item and gives back what comes of them, in whatever order. This thread begins; when others have come, it only
   * minds the queue. `taskOf` answers undefined when nothing more is to be begun.
   */
  async *share<Item>(
    items: readonly Item[],
    taskOf: (item: Item, left: number) => Task | undefined,
  ): AsyncGenerator<{ readonly item: Item; readonly result: Result; readonly begun: number }> {
    type Done = { readonly from: Hand<Task, Result>; readonly item: Item; readonly result: Result };
    const running = new Map<Hand<Task, Result>, Promise<Done>>();
    let begun = 0;
    let open = true;
    for (;;) {
      for (const from of this.#hired.length > 0 ? this.#hired : [this.#own]) {
        if (!open || begun >= items.length || running.has(from)) continue;
        const item = items[begun]!;
        const task = taskOf(item, items.length - begun);
        open = task !== undefined;
        if (task === undefined) break;
        begun++;
        const result = this.#answer(from, task).then((answer) => ({ from, item, result: answer }));
        // When one fails the others are no longer waited for.
        result.catch(() => undefined);
        running.set(from, result);
      }
      if (running.size === 0) return;
      const { from, item, result } = await Promise.race(running.values());
      running.delete(from);
      yield { item, result, begun };
    }
  }

  /** A thread may die, of a lack of memory or by its engine: its task is done here then, and it gets no other. */
  async #answer(from: Hand<Task, Result>, task: Task): Promise<Result> {
    try {
      return await from.work(task);
    } catch (error) {
      if (from === this.#own || error instanceof Cancelled) throw error;
      const place = this.#hired.indexOf(from);
      if (place >= 0) this.#hired.splice(place, 1);
      await from[Symbol.asyncDispose]();
      return this.#own.work(task);
    }
  }

  /** Also after a cancel: whoever is still on the way is sent back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hiring ?? []);
    await Promise.all(this.#hired.map((hand) => hand[Symbol.asyncDispose]()));
  }
}
