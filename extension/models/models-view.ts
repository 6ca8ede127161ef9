import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  commands,
  l10n,
  window,
  workspace,
  type TreeDataProvider,
  type Uri,
} from 'vscode';
import type { ChosenLinks } from '../chosen-links.ts';
import { Owner } from '../disposable.ts';
import type { InspectionStore } from '../inspection-store.ts';
import { baseName, command, modelsView } from '../names.ts';
import { rowOf, type ModelRow, type RowState } from './model-row.ts';
import { rowWords } from './row-words.ts';
import type { WorkspaceModels } from './workspace-models.ts';

/** A form and a colour for each state, and a word beside it: never the colour alone. */
const icons: Readonly<Record<RowState, ThemeIcon>> = {
  'not-inspected': new ThemeIcon('circle-outline'),
  running: new ThemeIcon('loading~spin'),
  done: new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  stale: new ThemeIcon('history', new ThemeColor('list.warningForeground')),
  failed: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
  stopped: new ThemeIcon('debug-pause'),
};

/** The models of the workspace, each with how far it is and its interval. */
export class ModelsView extends Owner implements TreeDataProvider<Uri> {
  readonly #models: WorkspaceModels;
  readonly #store: InspectionStore;
  readonly #chosen: ChosenLinks;
  readonly #changed = this.track(new EventEmitter<Uri | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  /** What each row shows, so that a running inspection redraws its row only when that changes. */
  readonly #shown = new Map<string, { readonly uri: Uri; readonly text: string }>();

  constructor(models: WorkspaceModels, store: InspectionStore, chosen: ChosenLinks) {
    super();
    this.#models = models;
    this.#store = store;
    this.#chosen = chosen;
    const view = this.track(window.createTreeView<Uri>(modelsView, { treeDataProvider: this }));
    this.track(models.changes.listen(() => this.#changed.fire(undefined)));
    this.track(chosen.changes.listen((file) => this.#redraw(file)));
    this.track(
      store.changes.listen(({ model }) => {
        const known = this.#shown.get(model.file);
        if (known !== undefined && known.text !== textOf(rowOf(model.state, rowWords()))) this.#changed.fire(known.uri);
      }),
    );
    this.track(commands.registerCommand(command.refreshModels, () => models.refresh()));
    this.track(commands.registerCommand(command.inspectAll, () => this.#inspectAll()));
    this.track(
      commands.registerCommand(command.stop, (target?: Uri) => {
        const uri = target ?? view.selection[0];
        if (uri !== undefined) store.find(uri.fsPath)?.cancel();
      }),
    );
  }

  async getChildren(uri?: Uri): Promise<Uri[]> {
    return uri === undefined ? [...(await this.#models.all())] : [];
  }

  async getTreeItem(uri: Uri): Promise<TreeItem> {
    const state = await this.#store.stateOf(uri.fsPath);
    const row = rowOf(state, rowWords());
    this.#shown.set(uri.fsPath, { uri, text: textOf(row) });
    const item = new TreeItem(uri);
    const folder = folderOf(uri);
    item.id = uri.toString();
    item.iconPath = icons[row.state];
    item.description = [row.description, folder].filter((text) => text !== '').join(' · ');
    item.tooltip = this.#tooltip(uri, row);
    item.contextValue = `model.${row.state}`;
    item.command = { command: command.openModel, title: l10n.t('Open in Lipschitz Inspector'), arguments: [uri] };
    item.accessibilityInformation = {
      label: [baseName(uri.fsPath), rowWords().state[row.state], row.words ?? row.problem ?? '', folder]
        .filter((text) => text !== '')
        .join(', '),
    };
    return item;
  }

  #tooltip(uri: Uri, row: ModelRow): MarkdownString {
    const text = new MarkdownString();
    text.appendText(workspace.asRelativePath(uri));
    text.appendMarkdown('\n\n');
    text.appendText(rowWords().state[row.state]);
    for (const more of [row.words, row.problem, this.#linkWords(uri)]) {
      if (more === undefined) continue;
      text.appendMarkdown('\n\n');
      text.appendText(more);
    }
    return text;
  }

  #linkWords({ fsPath }: Uri): string | undefined {
    const chosen = this.#chosen.of(fsPath);
    if (chosen === undefined) return undefined;
    return chosen.kind === 'none'
      ? l10n.t('unlinked from any source by hand')
      : l10n.t('linked by hand to {0}', workspace.asRelativePath(chosen.file));
  }

  #redraw(file: string): void {
    const known = this.#shown.get(file);
    if (known !== undefined) this.#changed.fire(known.uri);
  }

  /** One after another, as the worker takes them; those that are known and current are left alone. */
  async #inspectAll(): Promise<void> {
    for (const { fsPath } of await this.#models.all()) {
      const state = await this.#store.stateOf(fsPath);
      if (state?.kind === 'finished' || state?.kind === 'running' || state?.kind === 'loading') continue;
      const after = await this.#store.inspect(fsPath);
      if (after.kind === 'stopped') return;
    }
  }
}

const textOf = (row: ModelRow): string => `${row.state} ${row.description}`;

function folderOf(uri: Uri): string {
  const path = workspace.asRelativePath(uri);
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return end < 0 ? '' : path.slice(0, end);
}
