import {
  OverviewRulerLane,
  Range,
  TextEditorRevealType,
  TextEditorSelectionChangeKind,
  ThemeColor,
  window,
  type TextEditor,
  type TextEditorSelectionChangeEvent,
} from 'vscode';
import { Owner } from '../disposable.ts';
import type { LayerOfModel, Panels } from '../panels.ts';
import { linkedSelectionEnabled } from '../settings.ts';
import { linksAt } from '../../core/source/linked-code.ts';
import { isSource, type Annotations } from './annotations.ts';

/** A cursor that only passes by asks for nothing. */
const restMs = 150;

/**
 * What is selected in a panel is marked on its line, in every editor that shows it; and where the cursor rests on the line of a layer,
 * panels that are open mark that layer. Neither takes the keyboard, opens anything or moves a cursor.
 */
export class SelectedLine extends Owner {
  readonly #annotations: Annotations;
  readonly #panels: Panels;
  readonly #mark = this.track(
    window.createTextEditorDecorationType({
      isWholeLine: true,
      backgroundColor: new ThemeColor('editor.rangeHighlightBackground'),
      // High contrast themes have no such background.
      borderColor: new ThemeColor('editor.rangeHighlightBorder'),
      overviewRulerColor: new ThemeColor('editorOverviewRuler.rangeHighlightForeground'),
      overviewRulerLane: OverviewRulerLane.Center,
    }),
  );
  #selected: LayerOfModel | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(annotations: Annotations, panels: Panels) {
    super();
    this.#annotations = annotations;
    this.#panels = panels;
    this.track(panels.selections.listen((selected) => void this.#follow(selected)));
    this.track(annotations.changes.listen(() => void this.#markAll('stay')));
    this.track(annotations.edits.listen(() => void this.#markAll('stay')));
    this.track(window.onDidChangeTextEditorSelection((event) => this.#moved(event)));
    this.track({ dispose: () => clearTimeout(this.#rest) });
  }

  async #follow(selected: LayerOfModel): Promise<void> {
    this.#selected = selected;
    await this.#markAll('scroll');
  }

  async #markAll(how: 'scroll' | 'stay'): Promise<void> {
    if (this.#selected === undefined) return;
    for (const editor of window.visibleTextEditors) if (isSource(editor.document)) await this.#markIn(editor, how);
  }

  async #markIn(editor: TextEditor, how: 'scroll' | 'stay'): Promise<void> {
    const ranges = linkedSelectionEnabled() ? await this.#linesIn(editor) : [];
    editor.setDecorations(this.#mark, ranges);
    const [first] = ranges;
    if (how === 'scroll' && first !== undefined)
      editor.revealRange(first, TextEditorRevealType.InCenterIfOutsideViewport);
  }

  async #linesIn({ document }: TextEditor): Promise<readonly Range[]> {
    const { version } = document;
    const models = await this.#annotations.of(document);
    // The places are those of the text that was asked about.
    if (document.version !== version) return [];
    const selected = this.#selected;
    return models
      .filter(({ file }) => file === selected?.file)
      .flatMap(({ links }) => links)
      .filter(({ layer }) => layer.id === selected?.layer)
      .map(({ definition: { range } }) => new Range(range.startLine, 0, range.endLine, 0));
  }

  #moved({ kind, textEditor, selections: [selection] }: TextEditorSelectionChangeEvent): void {
    clearTimeout(this.#rest);
    // Typing and commands move the cursor, too; what the user points at is followed.
    const pointed = kind === TextEditorSelectionChangeKind.Mouse || kind === TextEditorSelectionChangeKind.Keyboard;
    if (!pointed || selection === undefined || !isSource(textEditor.document) || !linkedSelectionEnabled()) return;
    const { line, character } = selection.active;
    this.#rest = setTimeout(() => void this.#pointedAt(textEditor, line, character), restMs);
  }

  async #pointedAt({ document }: TextEditor, line: number, column: number): Promise<void> {
    if (!this.#panels.isAnyOpen) return;
    for (const { file, links } of await this.#annotations.of(document)) {
      const [link] = linksAt(links, { line, column });
      if (link === undefined) continue;
      const selected = { file, layer: link.layer.id };
      this.#panels.follow(selected);
      this.#selected = selected;
      await this.#markAll('stay');
      return;
    }
  }
}
