/** What comes faster than the screen is drawn waits for the next frame, and is then taken all at once, in order. */
export class FrameQueue<T> {
  readonly #take: (items: readonly T[]) => void;
  #waiting: T[] = [];
  #frame = 0;

  constructor(take: (items: readonly T[]) => void) {
    this.#take = take;
  }

  push(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length === 1) this.#frame = requestAnimationFrame(() => this.flush());
  }

  /** Now, because something else depends on it. */
  flush(): void {
    cancelAnimationFrame(this.#frame);
    const items = this.#waiting;
    this.#waiting = [];
    if (items.length > 0) this.#take(items);
  }
}
