import {
  Uri,
  ViewColumn,
  commands,
  l10n,
  window,
  type CustomDocument,
  type CustomReadonlyEditorProvider,
  type Memento,
  type WebviewPanel,
  type WebviewPanelSerializer,
} from 'vscode';
import type { LayerEntry } from '../core/report/inspection.ts';
import type { Tab } from '../webview/kept.ts';
import { Owner, Signal } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import { baseName, customEditorType, editorTypeOf, optionalEditorType, sidePanelType } from './names.ts';
import type { PackedFiles } from './packed-files.ts';
import { PanelView, type PanelParts } from './panel-view.ts';

const besideKey = 'lipschitz.besideFile';

export interface LayerOfModel {
  readonly file: string;
  readonly layer: LayerEntry['id'];
}

/** The custom editors that are open, and the one panel that stands beside code and changes its model as the user asks. */
export class Panels extends Owner implements CustomReadonlyEditorProvider, WebviewPanelSerializer {
  /** A layer was selected in a panel. */
  readonly selections = this.track(new Signal<LayerOfModel>());
  readonly #store: InspectionStore;
  readonly #parts: PanelParts;
  readonly #files: PackedFiles;
  readonly #memory: Memento;
  readonly #views = new Set<PanelView>();
  #beside: { readonly panel: WebviewPanel; view: PanelView } | undefined;

  constructor(parts: PanelParts, files: PackedFiles, memory: Memento) {
    super();
    this.#store = parts.store;
    this.#parts = parts;
    this.#files = files;
    this.#memory = memory;
    for (const type of [customEditorType, optionalEditorType])
      this.track(
        window.registerCustomEditorProvider(type, this, {
          webviewOptions: { retainContextWhenHidden: false },
          supportsMultipleEditorsPerDocument: true,
        }),
      );
    this.track(window.registerWebviewPanelSerializer(sidePanelType, this));
  }

  /** The model whose panel has the focus; else the one that can be seen, if it is the only one. */
  get current(): string | undefined {
    const views = [...this.#views];
    const active = views.find((view) => view.isActive);
    const visible = new Set(views.filter(({ model }) => this.#store.isVisible(model)).map(({ model }) => model.file));
    return active?.model.file ?? (visible.size === 1 ? [...visible][0] : undefined);
  }

  get isAnyOpen(): boolean {
    return this.#views.size > 0;
  }

  get hasFocus(): boolean {
    return [...this.#views].some((view) => view.isActive);
  }

  openCustomDocument(uri: Uri): CustomDocument {
    return { uri, dispose: () => undefined };
  }

  async resolveCustomEditor(document: CustomDocument, panel: WebviewPanel): Promise<void> {
    this.#show(panel, document.uri.fsPath);
    await this.#store.open(document.uri.fsPath);
  }

  /** After a reload of the window. Which model it showed is ours to remember: the page keeps only what the user chose in it. */
  async deserializeWebviewPanel(panel: WebviewPanel): Promise<void> {
    const file = this.#memory.get<string>(besideKey);
    if (file === undefined) panel.dispose();
    else await this.#adopt(panel, file);
  }

  async openEditor(file: string): Promise<void> {
    await commands.executeCommand('vscode.openWith', Uri.file(file), editorTypeOf(file));
  }

  /** Beside the code that has the focus, which keeps it. */
  async openBeside(file: string): Promise<void> {
    const open = this.#beside;
    if (open === undefined) {
      const where = { viewColumn: ViewColumn.Beside, preserveFocus: true };
      await this.#adopt(window.createWebviewPanel(sidePanelType, '', where, { retainContextWhenHidden: false }), file);
    } else {
      open.panel.reveal(undefined, true);
      if (open.view.model.file !== file) await this.#adopt(open.panel, file);
    }
  }

  /** Brings a view of the model to the front, open at this tab; opens one where there is none. */
  async showTab(file: string, tab: Tab): Promise<void> {
    if (this.#viewOf(file) === undefined) await this.openEditor(file);
    const view = this.#viewOf(file);
    view?.reveal();
    view?.show(tab);
  }

  /** The same, beside code where there is no view yet. */
  async showTabBeside(file: string, tab: Tab): Promise<void> {
    if (this.#viewOf(file) === undefined) await this.openBeside(file);
    await this.showTab(file, tab);
  }

  #viewOf(file: string): PanelView | undefined {
    const views = [...this.#views].filter((view) => view.model.file === file);
    return views.find((view) => view.isActive) ?? views.find(({ model }) => this.#store.isVisible(model)) ?? views[0];
  }

  /** Brings a view of the model to the front and selects the layer there. */
  async select(file: string, layer: LayerEntry['id']): Promise<void> {
    const view = this.#viewOf(file);
    if (view === undefined) await this.openBeside(file);
    else view.reveal();
    for (const shown of this.#views) if (shown.model.file === file) shown.select(layer);
  }

  /** Marks the layer in the views of its model that are on screen, as they are. */
  follow({ file, layer }: LayerOfModel): void {
    for (const view of this.#views) if (view.model.file === file) view.follow(layer);
  }

  async #adopt(panel: WebviewPanel, file: string): Promise<void> {
    this.#beside?.view.dispose();
    panel.title = l10n.t('Lipschitz: {0}', baseName(file));
    panel.iconPath = this.#files.icon;
    const view = this.#show(panel, file);
    this.#beside = { panel, view };
    panel.onDidDispose(() => {
      if (this.#beside?.view === view) this.#beside = undefined;
    });
    await this.#memory.update(besideKey, file);
    await this.#store.open(file);
  }

  #show(panel: WebviewPanel, file: string): PanelView {
    const view = new PanelView(panel, this.#store.of(file), this.#parts, this.#files, {
      closed: () => this.#views.delete(view),
      selected: (layer) => this.selections.emit({ file, layer }),
    });
    this.#views.add(view);
    return view;
  }
}
