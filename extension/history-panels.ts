import { join } from 'node:path';
import { RelativePattern, Uri, ViewColumn, commands, l10n, window, workspace, type WebviewPanel } from 'vscode';
import { CheckpointSeries, type CheckpointAnswer } from '../core/inspection/training/checkpoint-series.ts';
import { checkpointsIn } from '../core/inspection/training/find-checkpoints.ts';
import { renderHistory } from '../core/report/training/files.ts';
import type { FromHistory, ToHistory } from '../webview/history/contract.ts';
import { copyText } from './copy-text.ts';
import { Owner } from './disposable.ts';
import { FolderGlances } from './folder-glances.ts';
import { LiveHistory } from './live-history.ts';
import type { Inspector } from './model-inspection.ts';
import { baseName, command, historyPanelType } from './names.ts';
import type { PackedFiles } from './packed-files.ts';
import { panelPage } from './panel-page.ts';
import { saveAs } from './save-as.ts';
import { requestFor } from './settings.ts';

/** For one of many checkpoints, however long a model may be looked at that is opened alone. */
const mostSeconds = 3;

/** How late a checkpoint may come of which the editor is told nothing. */
const glanceMs = 5000;

/** "Lipschitz: Checkpoint History": one panel for each folder, for as long as it is open. */
export class HistoryPanels extends Owner {
  readonly #inspector: Inspector;
  readonly #files: PackedFiles;
  readonly #open = new Map<string, HistoryPanel>();

  constructor(inspector: Inspector, files: PackedFiles) {
    super();
    this.#inspector = inspector;
    this.#files = files;
    this.track({ dispose: () => [...this.#open.values()].forEach((panel) => panel.dispose()) });
    this.track(commands.registerCommand(command.history, (given?: unknown) => this.#show(given)));
  }

  async #show(given: unknown): Promise<void> {
    const folder = given instanceof Uri ? given.fsPath : typeof given === 'string' ? given : await chooseFolder();
    if (folder === undefined) return;
    const known = this.#open.get(folder);
    if (known !== undefined) {
      known.reveal();
      return;
    }
    const panel = new HistoryPanel(folder, this.#inspector, this.#files, () => this.#open.delete(folder));
    this.#open.set(folder, panel);
  }
}

async function chooseFolder(): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Folder of checkpoints'),
    openLabel: l10n.t('Show History'),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return chosen?.[0]?.fsPath;
}

class HistoryPanel extends Owner {
  readonly #folder: string;
  readonly #panel: WebviewPanel;
  readonly #history: LiveHistory;
  #listens = false;

  constructor(folder: string, inspector: Inspector, files: PackedFiles, onClose: () => void) {
    super();
    this.#folder = folder;
    this.#history = this.track(new LiveHistory(seriesOf(folder, inspector), words));
    const title = l10n.t('Lipschitz History: {0}', baseName(folder));
    this.#panel = this.track(
      window.createWebviewPanel(historyPanelType, title, ViewColumn.Active, {
        enableScripts: true,
        localResourceRoots: [files.webview.folder],
      }),
    );
    this.#panel.iconPath = files.icon;
    this.track({ dispose: onClose });
    this.track(this.#panel.webview.onDidReceiveMessage((message: FromHistory) => this.#hear(message)));
    this.track(this.#panel.onDidChangeViewState(() => (this.#listens &&= this.#panel.visible)));
    this.track(this.#panel.onDidDispose(() => this.dispose()));
    this.track(this.#history.changes.listen((state) => this.#tell({ kind: 'history', state })));
    const watcher = this.track(workspace.createFileSystemWatcher(new RelativePattern(Uri.file(folder), '**')));
    this.track(watcher.onDidCreate(() => this.#history.touched()));
    this.track(watcher.onDidChange(() => this.#history.touched()));
    this.track(watcher.onDidDelete(() => this.#history.touched()));
    const glances = this.track(
      new FolderGlances(async () => (this.#panel.visible ? whatIsIn(folder) : undefined), glanceMs),
    );
    this.track(glances.changes.listen(() => this.#history.touched()));
    this.#panel.webview.html = panelPage(this.#panel.webview, files.webview.history, files);
    void this.#history.read();
  }

  reveal(): void {
    this.#panel.reveal();
  }

  #tell(message: ToHistory): void {
    if (this.#listens) void this.#panel.webview.postMessage(message);
  }

  #hear(message: FromHistory): void {
    switch (message.kind) {
      case 'ready':
        this.#listens = true;
        this.#tell({ kind: 'history', state: this.#history.state });
        return;
      case 'read':
        void this.#history.read();
        return;
      case 'cancel':
        this.#history.cancel();
        return;
      case 'open':
        void commands.executeCommand(command.inspect, Uri.file(join(this.#folder, message.file)));
        return;
      case 'compare': {
        const [before, after] = [message.before, message.after].map((file) => Uri.file(join(this.#folder, file)));
        void commands.executeCommand(command.compare, after, [after, before]);
        return;
      }
      case 'export':
        void this.#export(message);
        return;
      case 'copy':
        void copyText(message.text);
        return;
    }
  }

  async #export(asked: Extract<FromHistory, { kind: 'export' }>): Promise<void> {
    const { history } = this.#history.state;
    if (history === undefined) return;
    const content = asked.format === 'png' ? asked.picture : renderHistory(history, asked.format);
    const name = join(this.#folder, `${baseName(this.#folder)}.history.${asked.format}`);
    await saveAs({ name, format: asked.format, content, title: l10n.t('Save the History') });
  }
}

async function whatIsIn(folder: string): Promise<string> {
  const { checkpoints } = await checkpointsIn(folder);
  return checkpoints.map(({ path, modifiedMs }) => `${path} ${modifiedMs}`).join('\n');
}

function seriesOf(folder: string, inspector: Inspector): CheckpointSeries {
  const question = requestFor(folder);
  const budgetSeconds = Math.min(mostSeconds, question.budgetSeconds);
  return new CheckpointSeries({
    folder: baseName(folder),
    ...{ norm: question.norm, region: question.region, pace: 'watching' },
    find: () => checkpointsIn(folder),
    async inspect(file, signal): Promise<CheckpointAnswer> {
      const answer = await inspector.inspect(
        { ...question, budgetSeconds, file },
        { signal, onEvent: () => undefined },
      );
      return 'ok' in answer ? answer : { sentence: answer.err.kind === 'cancelled' ? '' : answer.err.message };
    },
  });
}

const words = {
  reading: (file: string, done: number, of: number) =>
    file === '' ? l10n.t('Reading the checkpoints') : l10n.t('Reading {0} ({1} of {2} done)', file, done, of),
  internal: (message: string) => l10n.t('Lipschitz Inspector made a mistake of its own: {0}', message),
};
