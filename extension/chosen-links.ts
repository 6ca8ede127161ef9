import type { Uri } from 'vscode';
import { workspace, type FileRenameEvent, type Memento } from 'vscode';
import { Owner, Signal } from './disposable.ts';
import { renamed } from './renamed-path.ts';

const key = 'lipschitz.chosenLinks';

/** What the user has said about a model: its source, or that it has none. */
export type ChosenLink = { readonly kind: 'source'; readonly file: string } | { readonly kind: 'none' };

/**
 * Which source file the user has linked a model to. Kept in the state of the workspace, not in a file of it: a link holds for the files
 * as they lie on this machine, and nothing has to be committed for it. It follows both files when they are renamed or moved.
 */
export class ChosenLinks extends Owner {
  readonly changes = this.track(new Signal<string>());
  readonly #memory: Memento;

  constructor(memory: Memento) {
    super();
    this.#memory = memory;
    this.track(workspace.onDidRenameFiles((event) => void this.#follow(event)));
  }

  of(model: string): ChosenLink | undefined {
    const file = this.#all[model];
    return file === undefined ? undefined : file === '' ? { kind: 'none' } : { kind: 'source', file };
  }

  async link(model: string, source: Uri): Promise<void> {
    await this.#set(model, { ...this.#all, [model]: source.fsPath });
  }

  /** From now on no source is linked to the model, not by evidence either. */
  async unlink(model: string): Promise<void> {
    await this.#set(model, { ...this.#all, [model]: '' });
  }

  /** As if nothing had been said: the evidence decides. */
  async forget(model: string): Promise<void> {
    await this.#set(model, Object.fromEntries(Object.entries(this.#all).filter(([file]) => file !== model)));
  }

  get #all(): Readonly<Record<string, string>> {
    return this.#memory.get<Readonly<Record<string, string>>>(key, {});
  }

  async #set(model: string, links: Readonly<Record<string, string>>): Promise<void> {
    await this.#memory.update(key, links);
    this.changes.emit(model);
  }

  async #follow({ files }: FileRenameEvent): Promise<void> {
    const moves = files.map(({ oldUri, newUri }) => ({ from: oldUri.fsPath, to: newUri.fsPath }));
    const before = Object.entries(this.#all);
    const after = before.map(([model, source]): [string, string] => [renamed(model, moves), renamed(source, moves)]);
    if (after.every(([model, source], i) => model === before[i]![0] && source === before[i]![1])) return;
    await this.#memory.update(key, Object.fromEntries(after));
    for (const [model] of after) this.changes.emit(model);
  }
}
