import { Range, Selection, TextEditorRevealType, ViewColumn, commands, l10n, window } from 'vscode';
import type { CodeLinks } from './code-links.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import { command } from './names.ts';
import type { LayerOfModel, Panels } from './panels.ts';
import { languageOfEditor } from '../core/source/languages.ts';
import { linksAt } from '../core/source/linked-code.ts';

/** From a line of code to its layer in the panel, and back. */
export class LayerCommands extends Owner {
  readonly #store: InspectionStore;
  readonly #panels: Panels;
  readonly #code: CodeLinks;

  constructor(store: InspectionStore, panels: Panels, code: CodeLinks) {
    super();
    this.#store = store;
    this.#panels = panels;
    this.#code = code;
    this.track(commands.registerCommand(command.revealLayer, (given?: unknown) => this.#revealLayer(given)));
    this.track(commands.registerCommand(command.revealCode, (given?: unknown) => this.#revealCode(given)));
  }

  async #revealLayer(given: unknown): Promise<void> {
    const chosen = isLayer(given) ? given : await this.#layerAtCursor();
    if (chosen === undefined) {
      void window.showInformationMessage(
        l10n.t(
          'No inspected model has a layer that this line defines: put the cursor on a layer, or inspect its model first.',
        ),
      );
      return;
    }
    await this.#panels.select(chosen.file, chosen.layer);
  }

  async #layerAtCursor(): Promise<LayerOfModel | undefined> {
    const editor = window.activeTextEditor;
    if (editor === undefined || languageOfEditor(editor.document.languageId) === undefined) return undefined;
    const place = { line: editor.selection.active.line, column: editor.selection.active.character };
    for (const { file, links } of await this.#code.modelsOf(editor.document)) {
      const [link] = linksAt(links, place);
      if (link !== undefined) return { file, layer: link.layer.id };
    }
    return undefined;
  }

  async #revealCode(given: unknown): Promise<void> {
    if (!isLayer(given)) return;
    const found = await this.#code.codeOf(given.file, given.layer);
    if (found === undefined) {
      const layers = this.#store.find(given.file)?.inspection?.layers;
      const name = layers?.find(({ id }) => id === given.layer)?.name ?? given.layer;
      void window.showInformationMessage(
        l10n.t('No source file of this workspace defines {0} in a way that can be recognised.', name),
      );
      return;
    }
    const { startLine, startColumn, endLine, endColumn } = found.link.definition.range;
    const range = new Range(startLine, startColumn, endLine, endColumn);
    const beside = window.visibleTextEditors.find(({ document }) => document.uri.toString() === found.uri.toString());
    const editor = await window.showTextDocument(found.uri, { viewColumn: beside?.viewColumn ?? ViewColumn.Beside });
    editor.selection = new Selection(range.start, range.end);
    editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  }
}

function isLayer(given: unknown): given is LayerOfModel {
  if (typeof given !== 'object' || given === null) return false;
  const { file, layer } = given as Partial<Record<keyof LayerOfModel, unknown>>;
  return typeof file === 'string' && typeof layer === 'string';
}
