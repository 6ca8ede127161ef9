import { workspace, type Uri } from 'vscode';
import { Owner, Signal } from '../disposable.ts';
import { isModelFile, modelGlob } from '../names.ts';

const excluded = '**/{node_modules,site-packages,.venv,venv,.git}/**';
const filesListed = 1000;
/** Training writes many checkpoints at once: the list follows when nothing came for so long. */
const quietMs = 300;

/** The model files of the workspace, watched from the first question on. */
export class WorkspaceModels extends Owner {
  readonly changes = this.track(new Signal<void>());
  #found: Promise<readonly Uri[]> | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #watching = false;

  constructor() {
    super();
    this.track(workspace.onDidChangeWorkspaceFolders(() => this.#soon()));
    this.track({ dispose: () => clearTimeout(this.#waiting) });
  }

  all(): Promise<readonly Uri[]> {
    this.#found ??= this.#find();
    return this.#found;
  }

  refresh(): void {
    this.#found = undefined;
    this.changes.emit();
  }

  async #find(): Promise<readonly Uri[]> {
    this.#watch();
    const found = await workspace.findFiles(modelGlob, excluded, filesListed);
    return found
      .filter(({ fsPath }) => isModelFile(fsPath))
      .toSorted((a, b) => a.fsPath.localeCompare(b.fsPath, undefined, { numeric: true }));
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const watcher = this.track(workspace.createFileSystemWatcher(modelGlob));
    watcher.onDidCreate(() => this.#soon());
    watcher.onDidChange(() => this.#soon());
    watcher.onDidDelete(() => this.#soon());
  }

  #soon(): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.refresh(), quietMs);
  }
}
