import { commands, window, workspace, type LogOutputChannel, type TextDocument, type Uri } from 'vscode';
import type { Inspection, LayerSource } from '../core/report/inspection.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import type { PackedFiles } from './packed-files.ts';
import { findOwners, type Owner as NetworkCode } from './source/find-definitions.ts';
import type { Link } from './source/link-layers.ts';
import { linkModels, type LinkedModel } from './source/linked-code.ts';
import { sharedSuffix } from './source/module-path.ts';
import type { PythonParser } from './source/python-tree.ts';

/** Files without any of these define no layers and need not be parsed. */
const mentionsLayers = /\bnn\.|\bkeras\b|\blayers\.|\btorch\b/;
const excluded = '**/{node_modules,site-packages,.venv,venv,.git,__pycache__}/**';
const filesSearched = 400;

/** What Python files say about the layers of the models that are known. Nothing is loaded before the first question. */
export class CodeLinks extends Owner {
  readonly #store: InspectionStore;
  readonly #files: PackedFiles;
  readonly #output: LogOutputChannel;
  readonly #read = new Map<string, { readonly version: number; readonly owners: readonly NetworkCode[] }>();
  readonly #linkedPaths = new Set<string>();
  readonly #annotated = new WeakSet<Inspection>();
  #parser: Promise<PythonParser> | undefined;

  constructor(store: InspectionStore, files: PackedFiles, output: LogOutputChannel) {
    super();
    this.#store = store;
    this.#files = files;
    this.#output = output;
    this.track(workspace.onDidCloseTextDocument(({ uri }) => this.#read.delete(uri.toString())));
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind !== 'state' || change.state.kind !== 'finished') return;
        void this.#lookAtVisibleCode();
        if (store.isVisible(model)) void this.#annotate(model);
      }),
    );
    this.track({ dispose: () => void this.#parser?.then((parser) => parser.dispose()) });
  }

  /** The models that a document defines, best evidence first. */
  async modelsOf(document: TextDocument): Promise<readonly LinkedModel[]> {
    const known = await this.#store.known();
    if (known.length === 0) return [];
    const models = linkModels(await this.#ownersOf(document), document.uri.fsPath, known);
    this.#remember(document.uri, models.length > 0);
    return models;
  }

  /** The line of code of a layer: among the files that are open first, then in the workspace, the likeliest first. */
  async codeOf(file: string, layer: string): Promise<LineOfCode | undefined> {
    const inspection = (await this.#store.known()).find((known) => known.file === file)?.inspection;
    return inspection === undefined ? undefined : (await this.#search(file, inspection)).get(layer);
  }

  /** Tells a model that is on screen where its layers are defined. */
  async #annotate(model: ModelInspection): Promise<void> {
    const { inspection } = model;
    if (inspection === undefined || this.#annotated.has(inspection)) return;
    this.#annotated.add(inspection);
    const found = await this.#search(model.file, inspection);
    if (model.inspection !== inspection || found.size === 0) return;
    const layers = inspection.layers.map((layer) => {
      const line = found.get(layer.id);
      return line === undefined ? layer : { ...layer, source: sourceOf(line) };
    });
    const annotated = { ...inspection, layers };
    this.#annotated.add(annotated);
    model.annotate(annotated);
  }

  /** By layer, the line with the best evidence. */
  async #search(file: string, inspection: Inspection): Promise<ReadonlyMap<string, LineOfCode>> {
    const found = new Map<string, LineOfCode>();
    const hinted = inspection.layers.find(({ source }) => source !== undefined)?.source?.file ?? '';
    const sought = inspection.layers.filter(({ parameters }) => parameters > 0);
    for (const uri of await this.#sources(file, hinted)) {
      const owners = await this.#ownersAt(uri);
      for (const link of linkModels(owners, uri.fsPath, [{ file, inspection }])[0]?.links ?? []) {
        const known = found.get(link.layer.id);
        if (known === undefined || (known.link.tier === 'guess' && link.tier !== 'guess'))
          found.set(link.layer.id, { uri, link });
      }
      if (sought.every(({ id }) => (found.get(id)?.link.tier ?? 'guess') !== 'guess')) break;
    }
    return found;
  }

  async #sources(file: string, hinted: string): Promise<readonly Uri[]> {
    const open = workspace.textDocuments.filter(({ languageId }) => languageId === 'python').map(({ uri }) => uri);
    const found = await workspace.findFiles('**/*.py', excluded, filesSearched);
    const closeness = ({ fsPath }: Uri): number => 1000 * sharedSuffix(fsPath, hinted) + sharedStart(fsPath, file);
    const all = new Map([...open, ...found].map((uri) => [uri.toString(), uri]));
    return [...all.values()].toSorted((a, b) => closeness(b) - closeness(a));
  }

  async #ownersAt(uri: Uri): Promise<readonly NetworkCode[]> {
    const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open !== undefined) return this.#ownersOf(open);
    try {
      return await this.#parse(new TextDecoder().decode(await workspace.fs.readFile(uri)));
    } catch (error) {
      // It may have been deleted since it was listed: another file may define the layer.
      this.#output.debug(`${uri.fsPath}: ${String(error)}`);
      return [];
    }
  }

  async #ownersOf(document: TextDocument): Promise<readonly NetworkCode[]> {
    const key = document.uri.toString();
    const known = this.#read.get(key);
    if (known?.version === document.version) return known.owners;
    const { version } = document;
    const owners = await this.#parse(document.getText());
    this.#read.set(key, { version, owners });
    return owners;
  }

  async #parse(text: string): Promise<readonly NetworkCode[]> {
    if (!mentionsLayers.test(text)) return [];
    this.#parser ??= import('./source/python-tree.ts').then(({ PythonParser }) =>
      PythonParser.open(this.#files.grammar),
    );
    return findOwners(text, await this.#parser);
  }

  async #lookAtVisibleCode(): Promise<void> {
    for (const { document } of window.visibleTextEditors) {
      if (document.languageId === 'python') await this.modelsOf(document);
    }
  }

  /** For the menus: the title of a Python editor offers the inspector only where there is something to show. */
  #remember({ fsPath, path }: Uri, linked: boolean): void {
    if (linked === this.#linkedPaths.has(path)) return;
    if (linked) this.#linkedPaths.add(path).add(fsPath);
    else [path, fsPath].forEach((known) => this.#linkedPaths.delete(known));
    void commands.executeCommand('setContext', 'lipschitz.linkedPaths', [...this.#linkedPaths]);
  }
}

export interface LineOfCode {
  readonly uri: Uri;
  readonly link: Link;
}

/** Relative to the workspace, so that no report tells about the machine. */
const sourceOf = ({ uri, link }: LineOfCode): LayerSource => ({
  file: workspace.asRelativePath(uri, false),
  line: link.definition.range.startLine + 1,
  tier: link.tier,
});

function sharedStart(one: string, other: string): number {
  const a = one.split(/[\\/]/);
  const b = other.split(/[\\/]/);
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
  return shared;
}
