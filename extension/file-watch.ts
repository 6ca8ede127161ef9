import { dirname } from 'node:path';
import { RelativePattern, Uri, workspace } from 'vscode';
import { Owner, type Disposable } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import { baseName } from './names.ts';

/** Training writes a checkpoint in many pieces: the file is looked at when nothing was written for so long. */
const quietMs = 500;

/** Models that somebody has looked at are watched: what is on screen is computed again, the rest is marked as stale. */
export class FileWatch extends Owner {
  readonly #store: InspectionStore;
  readonly #watched = new Map<ModelInspection, Disposable>();
  readonly #waiting = new Map<ModelInspection, NodeJS.Timeout>();
  /** Changed while nobody looked: computed again when somebody does. */
  readonly #outdated = new Set<ModelInspection>();

  constructor(store: InspectionStore) {
    super();
    this.#store = store;
    this.track(
      store.visibility.listen((model) => {
        this.#watch(model);
        if (store.isVisible(model) && this.#outdated.delete(model)) void store.inspect(model.file);
      }),
    );
    this.track({
      dispose: () => {
        this.#waiting.forEach((timer) => clearTimeout(timer));
        this.#watched.forEach((watcher) => watcher.dispose());
      },
    });
  }

  #watch(model: ModelInspection): void {
    if (this.#watched.has(model)) return;
    const pattern = new RelativePattern(Uri.file(dirname(model.file)), escapeGlob(baseName(model.file)));
    const watcher = workspace.createFileSystemWatcher(pattern);
    watcher.onDidChange(() => this.#soon(model));
    watcher.onDidCreate(() => this.#soon(model));
    watcher.onDidDelete(() => {
      clearTimeout(this.#waiting.get(model));
      model.markDeleted();
    });
    this.#watched.set(model, watcher);
  }

  #soon(model: ModelInspection): void {
    clearTimeout(this.#waiting.get(model));
    this.#waiting.set(
      model,
      setTimeout(() => {
        this.#waiting.delete(model);
        if (this.#store.isVisible(model)) {
          void this.#store.inspect(model.file);
          return;
        }
        this.#outdated.add(model);
        model.cancel();
        model.markStale();
      }, quietMs),
    );
  }
}

const escapeGlob = (name: string): string => name.replace(/[[\]{}*?]/g, '[$&]');
