import { nothing } from 'lit';
import type { ReactiveController, ReactiveControllerHost, TemplateResult } from 'lit';
import { turn } from './turns.ts';

/** What takes long to draw at once is drawn from its top, each part in a task of its own. Later changes are small, and drawn at once. */
export class PartByPart implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #drawn = 0;
  #asked = 0;
  #next: Promise<void> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  /** One of the host's template, in the order in which they are drawn. */
  part(draw: () => TemplateResult | typeof nothing): TemplateResult | typeof nothing {
    return this.#asked++ < this.#drawn ? draw() : nothing;
  }

  hostUpdate(): void {
    this.#asked = 0;
  }

  hostUpdated(): void {
    // What is shown next begins at its top again.
    this.#drawn = Math.min(this.#drawn, this.#asked);
    if (this.#drawn < this.#asked) this.#next ??= this.#drawNext();
  }

  async #drawNext(): Promise<void> {
    await turn();
    this.#next = undefined;
    this.#drawn++;
    this.#host.requestUpdate();
  }

  /** Until all of it is there. */
  async complete(): Promise<void> {
    while (this.#next !== undefined) {
      await this.#next;
      await Promise.resolve();
    }
  }
}
