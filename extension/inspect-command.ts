import { Uri, commands, l10n, window, workspace, type QuickPickItem } from 'vscode';
import type { CodeLinks } from './code-links.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import { baseName, command, isModelFile, modelExtensions, modelGlob } from './names.ts';
import { languageOfEditor } from '../core/source/languages.ts';
import type { Panels } from './panels.ts';

const filesOffered = 1000;

interface ModelItem extends QuickPickItem {
  readonly uri?: Uri;
}

/** "Inspect Lipschitz", from wherever it is called: a file in the Explorer, an editor, a hover, the palette. */
export class InspectCommand extends Owner {
  readonly #store: InspectionStore;
  readonly #panels: Panels;
  readonly #code: CodeLinks;

  constructor(store: InspectionStore, panels: Panels, code: CodeLinks) {
    super();
    this.#store = store;
    this.#panels = panels;
    this.#code = code;
    this.track(commands.registerCommand(command.inspect, (target?: unknown) => this.#inspect(target)));
    this.track(
      commands.registerCommand(command.openModel, async (target?: unknown) => {
        const file = fileOf(target) ?? this.#panels.current;
        if (file !== undefined) await this.#panels.openEditor(file);
      }),
    );
  }

  async #inspect(target: unknown): Promise<void> {
    const given = fileOf(target);
    const current = this.#panels.current;
    // Asked for the model that is in front already: its numbers are wanted anew.
    if (current !== undefined && this.#panels.hasFocus && (target === undefined || given === current)) {
      await this.#store.inspect(current);
      return;
    }
    const file =
      given !== undefined && isModelFile(given) ? given : ((await this.#linkedModel()) ?? (await chooseModel()));
    if (file === undefined) return;
    if (languageOfEditor(window.activeTextEditor?.document.languageId ?? '') !== undefined)
      await this.#panels.openBeside(file);
    else await this.#panels.openEditor(file);
  }

  /** The model that the Python file in front defines; a choice when there are several. */
  async #linkedModel(): Promise<string | undefined> {
    const document = window.activeTextEditor?.document;
    if (document === undefined || languageOfEditor(document.languageId) === undefined) return undefined;
    const models = await this.#code.modelsOf(document);
    if (models.length <= 1) return models[0]?.file;
    const items = models.map(({ file, links, inspection }) => ({
      label: baseName(file),
      description: workspace.asRelativePath(file),
      detail: l10n.t('{0} of {1} layers are defined in this file', links.length, inspection.layers.length),
      file,
    }));
    return (await window.showQuickPick(items, { placeHolder: l10n.t('Model to inspect') }))?.file;
  }
}

/** What menus and keybindings hand over: a Uri, or a path. */
export function fileOf(target: unknown): string | undefined {
  if (target instanceof Uri) return target.scheme === 'file' ? target.fsPath : undefined;
  return typeof target === 'string' && target !== '' ? target : undefined;
}

export async function chooseModel(placeHolder = l10n.t('Model to inspect')): Promise<string | undefined> {
  const browse: ModelItem = { label: l10n.t('$(folder-opened) Browse…'), alwaysShow: true };
  const found = workspace
    .findFiles(modelGlob, '**/node_modules/**', filesOffered)
    .then((uris): ModelItem[] => [
      ...uris
        .toSorted((a, b) => a.fsPath.localeCompare(b.fsPath, undefined, { numeric: true }))
        .map((uri) => ({ label: baseName(uri.fsPath), description: workspace.asRelativePath(uri), uri })),
      browse,
    ]);
  const picked = await window.showQuickPick(found, {
    placeHolder,
    matchOnDescription: true,
  });
  if (picked !== browse && picked?.uri !== undefined) return picked.uri.fsPath;
  return picked === undefined ? undefined : browseForModel();
}

async function browseForModel(): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Model to inspect'),
    openLabel: l10n.t('Inspect'),
    filters: {
      [l10n.t('Models')]: modelExtensions.map((extension) => extension.slice(1)),
      [l10n.t('All files')]: ['*'],
    },
  });
  return chosen?.[0]?.fsPath;
}
