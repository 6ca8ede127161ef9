import { nothing } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { turn } from './turns.ts';

/** So many rows of a table are one task. */
const slice = 60;

/** The rows of a long table that is drawn whole: the first at once, the others some at a time. */
class InSlices extends AsyncDirective {
  #items: readonly unknown[] = [];
  #draw: (item: never, at: number) => unknown = () => nothing;
  #drawn: unknown[] = [];
  #pace: 'still' | 'growing' = 'still';

  override render<T>(items: readonly T[], draw: (item: T, at: number) => unknown): unknown {
    [this.#items, this.#draw] = [items, draw];
    const before = this.#drawn.length;
    this.#drawn = [];
    this.#drawUntil(Math.max(slice, before));
    void this.#grow();
    return this.#drawn;
  }

  protected override reconnected(): void {
    void this.#grow();
  }

  #drawUntil(end: number): void {
    const { length } = this.#drawn;
    for (const [i, item] of this.#items.slice(length, end).entries())
      this.#drawn.push(this.#draw(item as never, length + i));
  }

  async #grow(): Promise<void> {
    if (this.#pace === 'growing') return;
    this.#pace = 'growing';
    while (this.#drawn.length < this.#items.length) {
      await turn();
      if (!this.isConnected) break;
      this.#drawUntil(this.#drawn.length + slice);
      this.setValue(this.#drawn);
    }
    this.#pace = 'still';
  }
}

const slices = directive(InSlices);

export const inSlices = <T>(items: readonly T[], draw: (item: T, at: number) => unknown): unknown =>
  slices(items, draw as (item: unknown, at: number) => unknown);
