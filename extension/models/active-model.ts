import { StatusBarAlignment, TabInputCustom, l10n, window, workspace, type TextEditor } from 'vscode';
import type { CodeLinks } from '../code-links.ts';
import { Owner } from '../disposable.ts';
import type { InspectionStore } from '../inspection-store.ts';
import { baseName, command, isModelFile } from '../names.ts';
import type { Panels } from '../panels.ts';
import { languageOfEditor } from '../../core/source/languages.ts';
import { tierOf } from '../../core/source/linked-code.ts';
import { tierWords } from '../tier-words.ts';
import { rowOf } from './model-row.ts';
import { rowWords } from './row-words.ts';

/** In the status bar: the model whose panel is in front, or that the code in front defines, with its interval. A click opens it. */
export class ActiveModel extends Owner {
  readonly #store: InspectionStore;
  readonly #panels: Panels;
  readonly #code: CodeLinks;
  readonly #item = this.track(window.createStatusBarItem('lipschitz.activeModel', StatusBarAlignment.Right, 90));
  /** Of the question that was asked last; answers to earlier ones come too late. */
  #turn = 0;

  constructor(store: InspectionStore, panels: Panels, code: CodeLinks) {
    super();
    this.#store = store;
    this.#panels = panels;
    this.#code = code;
    this.#item.name = l10n.t('Lipschitz: Active Model');
    const look = (): void => void this.#look();
    this.track(window.onDidChangeActiveTextEditor(look));
    this.track(window.tabGroups.onDidChangeTabs(look));
    this.track(store.visibility.listen(look));
    this.track(
      store.changes.listen(({ change }) => {
        if (change.kind === 'state') look();
      }),
    );
    look();
  }

  async #look(): Promise<void> {
    const turn = ++this.#turn;
    const found = await this.#found();
    if (turn !== this.#turn) return;
    if (found === undefined) {
      this.#item.hide();
      return;
    }
    const { file, link } = found;
    const row = rowOf(await this.#store.stateOf(file), rowWords());
    if (turn !== this.#turn) return;
    const name = baseName(file);
    const text = row.description === '' ? rowWords().state[row.state] : row.description;
    this.#item.text = `$(graph-line) ${name}: ${text}`;
    this.#item.tooltip = [workspace.asRelativePath(file), row.words ?? row.problem, link]
      .filter((line) => line !== undefined)
      .join('\n');
    this.#item.accessibilityInformation = {
      label: l10n.t('Lipschitz, active model {0}: {1}', name, row.words ?? text),
    };
    this.#item.command = {
      command: command.openModel,
      title: l10n.t('Open in Lipschitz Inspector'),
      arguments: [file],
    };
    this.#item.show();
  }

  async #found(): Promise<{ readonly file: string; readonly link?: string } | undefined> {
    const tab = window.tabGroups.activeTabGroup.activeTab?.input;
    if (tab instanceof TabInputCustom && isModelFile(tab.uri.fsPath)) return { file: tab.uri.fsPath };
    const editor = window.activeTextEditor;
    const fromCode = editor === undefined ? undefined : await this.#ofCode(editor);
    if (fromCode !== undefined) return fromCode;
    const file = this.#panels.current;
    return file === undefined ? undefined : { file };
  }

  async #ofCode({ document }: TextEditor): Promise<{ readonly file: string; readonly link: string } | undefined> {
    if (languageOfEditor(document.languageId) === undefined) return undefined;
    const [model] = await this.#code.modelsOf(document);
    return model === undefined ? undefined : { file: model.file, link: tierWords()[tierOf(model)] };
  }
}
