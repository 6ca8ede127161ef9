import { Owner, Signal } from './disposable.ts';

/**
 * Looks at a folder now and then and says when it is no longer as it was: an editor is told nothing of what another machine writes on a
 * drive that both have, which is where trainings often write. Knows neither the editor nor what is looked for.
 */
export class FolderGlances extends Owner {
  readonly changes = this.track(new Signal<void>());
  readonly #look: () => Promise<string | undefined>;
  #seen: string | undefined;

  /** `look` tells what is in the folder, so that two texts differ when something was written; undefined while nobody wants to know. */
  constructor(look: () => Promise<string | undefined>, everyMs: number) {
    super();
    this.#look = look;
    const timer = setInterval(() => void this.#glance(), everyMs);
    this.track({ dispose: () => clearInterval(timer) });
    void this.#glance();
  }

  async #glance(): Promise<void> {
    // A folder that is away for a moment says nothing: whoever reads it says so.
    const sees = await this.#look().catch(() => undefined);
    if (sees === undefined) return;
    const before = this.#seen;
    this.#seen = sees;
    if (before !== undefined && sees !== before) this.changes.emit();
  }
}
