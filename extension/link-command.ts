import {
  QuickPickItemKind,
  Uri,
  commands,
  l10n,
  window,
  workspace,
  type QuickPick,
  type QuickPickItem,
  type TextEditor,
} from 'vscode';
import type { ChosenLinks } from './chosen-links.ts';
import type { CodeLinks } from './code-links.ts';
import { Owner } from './disposable.ts';
import { fileOf } from './inspect-command.ts';
import { baseName, command, isModelFile } from './names.ts';
import type { Panels } from './panels.ts';
import { languageOfEditor, languages } from '../core/source/languages.ts';
import { linkedLayers, tierOf, type LinkableModel } from '../core/source/linked-code.ts';
import { tierWords } from './tier-words.ts';

type SourceItem = QuickPickItem &
  (
    | { readonly choice: 'source'; readonly uri: Uri; readonly linked: number }
    | { readonly choice: 'browse' | 'evidence' | 'none' | 'separator' }
  );

/** "Link Model to Source" and "Unlink": what the user says about a model's code counts more than any evidence. */
export class LinkCommand extends Owner {
  readonly #chosen: ChosenLinks;
  readonly #code: CodeLinks;
  readonly #panels: Panels;

  constructor(chosen: ChosenLinks, code: CodeLinks, panels: Panels) {
    super();
    this.#chosen = chosen;
    this.#code = code;
    this.#panels = panels;
    this.track(commands.registerCommand(command.linkSource, (target?: unknown) => this.#link(target)));
    this.track(commands.registerCommand(command.unlinkSource, (target?: unknown) => this.#unlink(target)));
  }

  async #link(target: unknown): Promise<void> {
    const editor = codeEditor();
    const model = await this.#model(target, editor);
    if (model === undefined) return;
    const choice = await this.#choose(model, editor?.document.uri);
    switch (choice?.choice) {
      case 'source':
        await this.#linkTo(model, choice.uri, choice.linked);
        return;
      case 'browse': {
        const uri = await browse();
        if (uri !== undefined)
          await this.#linkTo(model, uri, linkedLayers({ links: await this.#code.linksIn(uri, chosenly(model)) }));
        return;
      }
      case 'evidence':
        await this.#chosen.forget(model.file);
        return;
      case 'none':
        await this.#unlink(model.file);
        return;
      case 'separator':
      case undefined:
        return;
    }
  }

  async #linkTo({ file, inspection }: LinkableModel, uri: Uri, linked: number): Promise<void> {
    await this.#chosen.link(file, uri);
    const source = workspace.asRelativePath(uri);
    if (linked > 0) {
      window.setStatusBarMessage(
        l10n.t(
          '{0} is linked to {1}: {2} of {3} layers have a line.',
          baseName(file),
          source,
          linked,
          inspection.layers.length,
        ),
        8000,
      );
    } else {
      void window.showWarningMessage(
        l10n.t(
          '{0} is linked to {1}, but no layer of it can be recognised there yet. The link stays and shows lines as soon as the code fits.',
          baseName(file),
          source,
        ),
      );
    }
  }

  async #unlink(target: unknown): Promise<void> {
    const model = await this.#model(target, codeEditor());
    if (model === undefined) return;
    const before = this.#chosen.of(model.file);
    await this.#chosen.unlink(model.file);
    const undo = l10n.t('Undo');
    const said = await window.showInformationMessage(
      l10n.t('{0} is linked to no source file any more, whatever the evidence.', baseName(model.file)),
      undo,
    );
    if (said !== undo) return;
    if (before?.kind === 'source') await this.#chosen.link(model.file, Uri.file(before.file));
    else await this.#chosen.forget(model.file);
  }

  /** The model that was clicked, whose panel is in front, or that belongs to the code in front; else a choice. */
  async #model(target: unknown, editor: TextEditor | undefined): Promise<LinkableModel | undefined> {
    const known = await this.#code.known();
    const named = fileOf(target) ?? (editor === undefined ? this.#panels.current : undefined);
    if (named !== undefined && isModelFile(named)) {
      const model = known.find(({ file }) => file === named);
      if (model === undefined) await offerInspection(named);
      return model;
    }
    if (known.length === 0) {
      await offerInspection(undefined);
      return undefined;
    }
    if (known.length === 1) return known[0];
    const items = known
      .map((model) => ({ label: baseName(model.file), description: workspace.asRelativePath(model.file), model }))
      .toSorted((a, b) => a.description.localeCompare(b.description, undefined, { numeric: true }));
    return (await window.showQuickPick(items, { placeHolder: l10n.t('Model to link'), matchOnDescription: true }))
      ?.model;
  }

  /** The files of the workspace with the evidence for each, best first; the list fills while it is open. */
  async #choose(model: LinkableModel, inFront: Uri | undefined): Promise<SourceItem | undefined> {
    const list = window.createQuickPick<SourceItem>();
    list.title = l10n.t('Source of {0}', baseName(model.file));
    list.placeholder = l10n.t('File that defines its layers');
    list.matchOnDescription = true;
    list.busy = true;
    // It fills while it is open: a panel that comes to the front meanwhile shall not close it.
    list.ignoreFocusOut = true;
    list.items = this.#always(model);
    list.show();
    const chosen = new Promise<SourceItem | undefined>((resolve) => {
      list.onDidAccept(() => resolve(list.selectedItems[0]));
      list.onDidHide(() => resolve(undefined));
    });
    void this.#offer(list, model, inFront).finally(() => (list.busy = false));
    const item = await chosen;
    list.dispose();
    return item;
  }

  async #offer(list: QuickPick<SourceItem>, model: LinkableModel, inFront: Uri | undefined): Promise<void> {
    const found: (SourceItem & { readonly choice: 'source'; readonly weight: number })[] = [];
    let shown = 0;
    const show = (): void => {
      const best = found.toSorted((a, b) => b.weight - a.weight);
      list.items = [...best, ...this.#always(model)];
      // Who types has said what is meant.
      if (list.value === '') list.activeItems = best.slice(0, 1);
    };
    for (const uri of await this.#code.sourcesOf(model.file, model.inspection)) {
      const links = await this.#code.linksIn(uri, chosenly(model));
      const isInFront = uri.toString() === inFront?.toString();
      if (links.length === 0 && !isInFront) continue;
      const linked = linkedLayers({ links });
      const detail =
        linked === 0
          ? l10n.t('no layer recognised')
          : l10n.t('{0} of {1} layers, {2}', linked, model.inspection.layers.length, tierWords()[tierOf({ links })]);
      found.push({
        choice: 'source',
        label: baseName(uri.fsPath),
        description: workspace.asRelativePath(uri),
        detail,
        uri,
        linked,
        weight: linked + (tierOf({ links }) === 'guess' ? 0 : 0.5),
      });
      if (Date.now() - shown < calm) continue;
      show();
      shown = Date.now();
    }
    show();
  }

  #always({ file }: LinkableModel): SourceItem[] {
    const known = this.#chosen.of(file);
    return [
      { choice: 'separator', label: '', kind: QuickPickItemKind.Separator },
      { choice: 'browse', label: l10n.t('$(folder-opened) Choose a File…'), alwaysShow: true },
      ...(known === undefined
        ? []
        : [{ choice: 'evidence' as const, label: l10n.t('$(sparkle) Let the Evidence Decide'), alwaysShow: true }]),
      ...(known?.kind === 'none'
        ? []
        : [{ choice: 'none' as const, label: l10n.t('$(debug-disconnect) Unlink'), alwaysShow: true }]),
    ];
  }
}

/** In milliseconds between two changes of the list: what is being clicked must not be exchanged. */
const calm = 250;

const chosenly = (model: LinkableModel): LinkableModel => ({ ...model, trust: 'chosen' });

const codeEditor = (): TextEditor | undefined => {
  const editor = window.activeTextEditor;
  return editor !== undefined && languageOfEditor(editor.document.languageId) !== undefined ? editor : undefined;
};

async function offerInspection(file: string | undefined): Promise<void> {
  const inspect = l10n.t('Inspect Lipschitz');
  const said = await window.showInformationMessage(
    file === undefined
      ? l10n.t('No model was inspected yet: its layers are known afterwards, and can be linked.')
      : l10n.t('{0} was not inspected yet: its layers are known afterwards, and can be linked.', baseName(file)),
    inspect,
  );
  if (said === inspect) await commands.executeCommand(command.inspect, file);
}

async function browse(): Promise<Uri | undefined> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('File that defines its layers'),
    openLabel: l10n.t('Link'),
    filters: {
      [l10n.t('Source code')]: languages.flatMap(({ extensions }) => extensions.map((extension) => extension.slice(1))),
      [l10n.t('All files')]: ['*'],
    },
  });
  return chosen?.[0];
}
