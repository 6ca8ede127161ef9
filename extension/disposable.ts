export interface Disposable {
  dispose(): unknown;
}

/** What opens things owns them: fields are `this.track(new Part(...))`, and all go with their owner, last opened first. */
export class Owner implements Disposable {
  readonly #owned: Disposable[] = [];

  protected track<T extends Disposable>(part: T): T {
    this.#owned.push(part);
    return part;
  }

  dispose(): void {
    for (const part of this.#owned.splice(0).reverse()) part.dispose();
  }
}

/** Somebody to be told. Does not know the editor, so that what uses it can be tested without one. */
export class Signal<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  listen(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
