import { OverviewRulerLane, Range, ThemeColor, window, type TextDocument, type TextEditorDecorationType } from 'vscode';
import { Owner } from '../disposable.ts';
import type { PackedFiles } from '../packed-files.ts';
import type { Annotations } from './annotations.ts';
import { lineVerdicts } from './line-verdicts.ts';

/** In the gutter and the overview ruler, where layers are not within their budget. Moves no text. */
export class BudgetMarks extends Owner {
  readonly #annotations: Annotations;
  readonly #kinds: Readonly<Record<'exceeded' | 'unproved', TextEditorDecorationType>>;

  constructor(annotations: Annotations, files: PackedFiles) {
    super();
    this.#annotations = annotations;
    const kind = (verdict: 'exceeded' | 'unproved', colour: string): TextEditorDecorationType =>
      this.track(
        window.createTextEditorDecorationType({
          light: { gutterIconPath: files.budgetMark(verdict, 'light') },
          dark: { gutterIconPath: files.budgetMark(verdict, 'dark') },
          gutterIconSize: 'contain',
          overviewRulerColor: new ThemeColor(colour),
          overviewRulerLane: OverviewRulerLane.Right,
        }),
      );
    this.#kinds = {
      exceeded: kind('exceeded', 'editorOverviewRuler.errorForeground'),
      unproved: kind('unproved', 'editorOverviewRuler.warningForeground'),
    };
    this.track(
      annotations.changes.listen(() => window.visibleTextEditors.forEach(({ document }) => void this.#mark(document))),
    );
    this.track(annotations.edits.listen((document) => void this.#mark(document)));
  }

  async #mark(document: TextDocument): Promise<void> {
    const { version } = document;
    const models = await this.#annotations.of(document);
    // The places are those of the text that was asked about.
    if (document.version !== version) return;
    const verdicts = models.flatMap(({ links, judgements }) => lineVerdicts(links, judgements));
    const linesWith = (wanted: readonly string[]): Range[] =>
      [
        ...new Set(
          verdicts
            .filter(({ verdict }) => wanted.includes(verdict))
            .map(({ definition: { range } }) => range.startLine),
        ),
      ].map((line) => new Range(line, 0, line, 0));
    const exceeded = linesWith(['exceeded']);
    const unproved = linesWith(['unproved']).filter(({ start }) =>
      exceeded.every((one) => one.start.line !== start.line),
    );
    for (const editor of window.visibleTextEditors) {
      if (editor.document !== document) continue;
      editor.setDecorations(this.#kinds.exceeded, exceeded);
      editor.setDecorations(this.#kinds.unproved, unproved);
    }
  }
}
