import { Uri, commands, window, workspace, type TextDocument } from 'vscode';
import type { Inspection, LayerSource } from '../core/report/inspection.ts';
import type { ChosenLinks } from './chosen-links.ts';
import { Owner, type Signal } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import type { SourceFiles } from './source-files.ts';
import type { Owner as NetworkCode } from '../core/source/find-definitions.ts';
import { languageOfEditor, languages } from '../core/source/languages.ts';
import type { Link } from '../core/source/link-layers.ts';
import { linkModels, type LinkableModel, type LinkedModel } from '../core/source/linked-code.ts';
import { sharedSuffix } from '../core/source/module-path.ts';

const sourceGlob = `**/*{${languages.flatMap(({ extensions }) => extensions).join(',')}}`;
const excluded = '**/{node_modules,site-packages,.venv,venv,.git,__pycache__}/**';
const filesSearched = 400;

/** What source files say about the layers of the models that are known. Nothing is loaded before the first question. */
export class CodeLinks extends Owner {
  readonly #store: InspectionStore;
  readonly #sources: SourceFiles;
  readonly #chosen: ChosenLinks;
  /** Lenses, hints, marks and hovers all ask the same between two changes. */
  readonly #linked = new WeakMap<
    readonly NetworkCode[],
    { readonly linkable: readonly LinkableModel[]; readonly models: readonly LinkedModel[] }
  >();
  readonly #linkedPaths = new Set<string>();
  readonly #annotated = new WeakSet<Inspection>();
  /** Of an inspection with lines of code, the one that the worker gave: links are always found from what the file itself says. */
  readonly #originals = new WeakMap<Inspection, Inspection>();

  constructor(store: InspectionStore, sources: SourceFiles, chosen: ChosenLinks) {
    super();
    this.#store = store;
    this.#sources = sources;
    this.#chosen = chosen;
    this.track(chosen.changes.listen((model) => void this.#linkAnew(model)));
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind !== 'state' || change.state.kind !== 'finished') return;
        void this.#lookAtVisibleCode();
        if (store.isVisible(model)) void this.#annotate(model);
      }),
    );
  }

  /** The models that a document defines, best evidence first. */
  async modelsOf(document: TextDocument): Promise<readonly LinkedModel[]> {
    const known = await this.known();
    if (known.length === 0) return [];
    const { fsPath } = document.uri;
    const owners = await this.ownersOf(document);
    const linkable = this.#linkable(known, fsPath);
    const before = this.#linked.get(owners);
    if (before !== undefined && sameModels(before.linkable, linkable)) return before.models;
    const models = linkModels(owners, fsPath, linkable);
    this.#linked.set(owners, { linkable, models });
    this.#remember(document.uri, models.length > 0);
    return models;
  }

  /** The models that were inspected, with what their files say about their sources and nothing that was found since. */
  async known(): Promise<readonly LinkableModel[]> {
    const known = await this.#store.known();
    return known.map(({ file, inspection }) => ({ file, inspection: this.#asInspected(inspection) }));
  }

  /** The line of code of a layer: among the files that are open first, then in the workspace, the likeliest first. */
  async codeOf(file: string, layer: string): Promise<LineOfCode | undefined> {
    const model = (await this.known()).find((known) => known.file === file);
    return model === undefined ? undefined : (await this.#search(file, model.inspection)).get(layer);
  }

  /** By layer, the lines of one source file, as if the user had chosen it. */
  async linksIn(uri: Uri, model: LinkableModel): Promise<readonly Link[]> {
    return linkModels(await this.#sources.ownersAt(uri), uri.fsPath, [model])[0]?.links ?? [];
  }

  /** Where the layers of a model are defined, best evidence first: among the files that are open, then in the workspace. */
  async sourcesOf(file: string, inspection: Inspection): Promise<readonly Uri[]> {
    const hinted = inspection.layers.find(({ source }) => source?.tier === 'exporter')?.source?.file ?? '';
    return this.#candidates(file, hinted);
  }

  /** Tells of the model whose source the user has chosen, or has said to have none. */
  get choices(): Signal<string> {
    return this.#chosen.changes;
  }

  /** Whether a model may be linked to a source: what the user has said of it stands above all evidence. */
  mayLink(model: string, source: string): boolean {
    const chosen = this.#chosen.of(model);
    return chosen === undefined || (chosen.kind === 'source' && chosen.file === source);
  }

  /** The models that a source may be linked to by evidence, and the one that the user has linked to it. */
  #linkable(known: readonly LinkableModel[], source: string): readonly LinkableModel[] {
    return known.flatMap((model): LinkableModel[] => {
      if (!this.mayLink(model.file, source)) return [];
      return this.#chosen.of(model.file) === undefined ? [model] : [{ ...model, trust: 'chosen' }];
    });
  }

  /** The user has said where the model's source is: what the panel shows, and the menus beside the code, follow. */
  async #linkAnew(file: string): Promise<void> {
    const model = this.#store.find(file);
    if (model?.inspection !== undefined) {
      const original = this.#asInspected(model.inspection);
      this.#annotated.delete(original);
      model.annotate(original);
      await this.#annotate(model);
    }
    await this.#lookAtVisibleCode();
  }

  /** The same for all layers of a model that any file of the workspace defines. */
  async linesOf(file: string, inspection: Inspection): Promise<ReadonlyMap<string, LineOfCode>> {
    return this.#search(file, inspection);
  }

  /** The source file that defines most layers of a model, with all that it says. */
  async codeOfMost(
    file: string,
    inspection: Inspection,
  ): Promise<
    { readonly uri: Uri; readonly owners: readonly NetworkCode[]; readonly links: readonly Link[] } | undefined
  > {
    const model = { file, inspection: this.#asInspected(inspection) };
    const lines = [...(await this.#search(file, model.inspection)).values()];
    const counts = new Map<string, number>();
    for (const { uri } of lines) counts.set(uri.toString(), (counts.get(uri.toString()) ?? 0) + 1);
    const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
    const uri = lines.find((line) => line.uri.toString() === most?.[0])?.uri;
    if (uri === undefined) return undefined;
    const owners = await this.#sources.ownersAt(uri);
    const [linked] = linkModels(owners, uri.fsPath, [{ ...model, trust: 'chosen' }]);
    return { uri, owners, links: linked?.links ?? [] };
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
    this.#originals.set(annotated, inspection);
    model.annotate(annotated);
  }

  /** By layer, the line with the best evidence. */
  async #search(file: string, inspection: Inspection): Promise<ReadonlyMap<string, LineOfCode>> {
    const found = new Map<string, LineOfCode>();
    const sought = inspection.layers.filter(({ parameters }) => parameters > 0);
    const chosen = this.#chosen.of(file);
    if (chosen?.kind === 'none') return found;
    const uris = chosen === undefined ? await this.sourcesOf(file, inspection) : [Uri.file(chosen.file)];
    const trust = chosen === undefined ? 'evidence' : 'chosen';
    for (const uri of uris) {
      for (const link of await this.linksIn(uri, { file, inspection, trust })) {
        const known = found.get(link.layer.id);
        if (known === undefined || (known.link.tier === 'guess' && link.tier !== 'guess'))
          found.set(link.layer.id, { uri, link });
      }
      if (sought.every(({ id }) => (found.get(id)?.link.tier ?? 'guess') !== 'guess')) break;
    }
    return found;
  }

  async #candidates(file: string, hinted: string): Promise<readonly Uri[]> {
    const open = workspace.textDocuments
      .filter(({ languageId, uri }) => uri.scheme === 'file' && languageOfEditor(languageId) !== undefined)
      .map(({ uri }) => uri);
    const found = await workspace.findFiles(sourceGlob, excluded, filesSearched);
    const closeness = ({ fsPath }: Uri): number => 1000 * sharedSuffix(fsPath, hinted) + sharedStart(fsPath, file);
    const all = new Map([...open, ...found].map((uri) => [uri.toString(), uri]));
    return [...all.values()].toSorted((a, b) => closeness(b) - closeness(a));
  }

  /** The networks that a document defines. */
  ownersOf(document: TextDocument): Promise<readonly NetworkCode[]> {
    return this.#sources.ownersOf(document);
  }

  #asInspected(inspection: Inspection): Inspection {
    return this.#originals.get(inspection) ?? inspection;
  }

  async #lookAtVisibleCode(): Promise<void> {
    for (const { document } of window.visibleTextEditors) {
      if (languageOfEditor(document.languageId) !== undefined) await this.modelsOf(document);
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

const sameModels = (one: readonly LinkableModel[], other: readonly LinkableModel[]): boolean =>
  one.length === other.length &&
  one.every(({ inspection, trust }, i) => inspection === other[i]!.inspection && trust === other[i]!.trust);
