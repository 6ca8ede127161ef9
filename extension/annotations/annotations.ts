import { Range, window, workspace, type Memento, type TextDocument } from 'vscode';
import type { PlacedJudgement, JudgedModels } from '../budgets/judged-models.ts';
import type { CodeLinks } from '../code-links.ts';
import { Owner, Signal } from '../disposable.ts';
import type { InspectionAge } from '../finished-inspections.ts';
import type { InspectionStore } from '../inspection-store.ts';
import { annotationsEnabled } from '../settings.ts';
import { definitionsOf } from '../../core/source/find-definitions.ts';
import type { LayerDefinition, SourceRange } from '../../core/source/definition.ts';
import { languageOfEditor } from '../../core/source/languages.ts';
import type { LinkedModel } from '../../core/source/linked-code.ts';
import { networksOf } from '../../core/source/root-class.ts';
import { LineMemory, withCutLinks } from './line-memory.ts';

/** A model beside the code that defines it: whatever lenses, hints, marks, problems and hovers say comes from here. */
export interface AnnotatedModel extends LinkedModel {
  readonly age: InspectionAge;
  readonly judgements: readonly PlacedJudgement[];
  /** Definitions whose text was changed after the inspection. */
  readonly edited: ReadonlySet<LayerDefinition>;
  /** Classes, functions or variables that stand for the whole network. */
  readonly networks: readonly string[];
}

const quietMs = 300;

/** What is known of the layers that a source document defines. Never starts an inspection. */
export class Annotations extends Owner {
  /** Something in the models, the budgets or the settings changed: every document may say something else now. */
  readonly changes = this.track(new Signal<void>());
  /** A document was opened or edited, some time ago. */
  readonly edits = this.track(new Signal<TextDocument>());
  readonly #store: InspectionStore;
  readonly #judged: JudgedModels;
  readonly #code: CodeLinks;
  readonly #lines: LineMemory;
  /** By document and model: the last links that the code agreed with. */
  readonly #before = new Map<string, ReadonlyMap<string, LinkedModel>>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(store: InspectionStore, judged: JudgedModels, code: CodeLinks, memory: Memento) {
    super();
    this.#store = store;
    this.#judged = judged;
    this.#code = code;
    this.#lines = new LineMemory(memory);
    this.track(judged.changes.listen(() => this.changes.emit()));
    this.track(code.choices.listen(() => this.changes.emit()));
    this.track(
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('lipschitz.annotations')) this.changes.emit();
      }),
    );
    this.track(workspace.onDidChangeTextDocument(({ document }) => this.#soon(document)));
    this.track(workspace.onDidOpenTextDocument((document) => this.#soon(document)));
    this.track(workspace.onDidCloseTextDocument(({ uri }) => this.#before.delete(uri.toString())));
    this.track(
      window.onDidChangeVisibleTextEditors((editors) => editors.forEach(({ document }) => this.#soon(document))),
    );
    this.track({ dispose: () => this.#waiting.forEach((timer) => clearTimeout(timer)) });
  }

  /** The models that a document defines, best evidence first; none where the setting turns all of it off. */
  async of(document: TextDocument): Promise<readonly AnnotatedModel[]> {
    if (!annotationsEnabled() || !isSource(document)) return [];
    const owners = await this.#code.ownersOf(document);
    const models = await this.#linked(document, definitionsOf(owners));
    // Whole lines: what is wrapped around a call changes the layer, though the call itself stays as it is.
    const textOf = ({ startLine, endLine }: SourceRange): string =>
      document.getText(new Range(startLine, 0, endLine, Number.MAX_SAFE_INTEGER)).trim();
    return Promise.all(
      models.map(async (model): Promise<AnnotatedModel> => {
        const [age, { judgements }] = await Promise.all([this.#store.ageOf(model.file), this.#judged.of(model.file)]);
        return {
          ...model,
          age,
          judgements,
          edited: this.#lines.edited(model.inspection.model.sha256, model.links, textOf),
          networks: networksOf(owners, model.links),
        };
      }),
    );
  }

  /** What the code agrees with, and what it agreed with before the last edits. */
  async #linked(document: TextDocument, definitions: readonly LayerDefinition[]): Promise<readonly LinkedModel[]> {
    const uri = document.uri.toString();
    const before = this.#before.get(uri) ?? new Map<string, LinkedModel>();
    const now = new Map((await this.#code.modelsOf(document)).map((model) => [model.file, model]));
    const known = before.size === 0 ? [] : await this.#store.known();
    for (const { file, inspection, links } of before.values()) {
      const same = known.find((one) => one.file === file)?.inspection;
      // Of another file, of another training of it, or of a model that the user has unlinked since, nothing is carried over.
      if (same?.model.sha256 !== inspection.model.sha256 || !this.#code.mayLink(file, document.uri.fsPath)) continue;
      const all = withCutLinks(now.get(file)?.links ?? [], links, definitions);
      if (all.length > 0) now.set(file, { file, inspection: now.get(file)?.inspection ?? same, links: all });
    }
    this.#before.set(uri, now);
    return [...now.values()];
  }

  #soon(document: TextDocument): void {
    if (!isSource(document)) return;
    const uri = document.uri.toString();
    clearTimeout(this.#waiting.get(uri));
    this.#waiting.set(
      uri,
      setTimeout(() => {
        this.#waiting.delete(uri);
        this.edits.emit(document);
      }, quietMs),
    );
  }
}

export const isSource = ({ languageId }: TextDocument): boolean => languageOfEditor(languageId) !== undefined;
