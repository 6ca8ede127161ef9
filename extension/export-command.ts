import { writeFile } from 'node:fs/promises';
import { ProgressLocation, Uri, commands, env, l10n, window } from 'vscode';
import { reportFormats, type ReportFormat } from '../core/report/formats.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { KeptApart } from './kept-apart.ts';
import { baseName, command } from './names.ts';
import type { Panels } from './panels.ts';
import type { Worker } from './worker.ts';

const formatNames: Readonly<Record<ReportFormat, string>> = { html: 'HTML', md: 'Markdown', json: 'JSON', csv: 'CSV' };

/** What a keybinding, a task or a test may say; whatever is left out is asked. */
interface ExportArguments {
  readonly file?: string;
  readonly format?: ReportFormat;
  readonly target?: string;
}

/** "Lipschitz: Export Report". Returns the path that was written. */
export class ExportCommand extends Owner {
  readonly #store: InspectionStore;
  readonly #panels: Panels;
  readonly #worker: Worker;
  readonly #keptApart: KeptApart;

  constructor(store: InspectionStore, panels: Panels, worker: Worker, keptApart: KeptApart) {
    super();
    this.#store = store;
    this.#panels = panels;
    this.#worker = worker;
    this.#keptApart = keptApart;
    this.track(commands.registerCommand(command.exportReport, (given?: unknown) => this.#export(argumentsOf(given))));
  }

  async #export(given: ExportArguments): Promise<string | undefined> {
    const file = given.file ?? this.#panels.current ?? (await chooseModel());
    if (file === undefined) return undefined;
    const format = given.format ?? (await chooseFormat());
    if (format === undefined) return undefined;
    const target = given.target ?? (await chooseTarget(file, format));
    if (target === undefined) return undefined;
    const title = l10n.t('Exporting the report on {0}', baseName(file));
    const problem = await window.withProgress({ location: ProgressLocation.Window, title }, () =>
      this.#write(file, format, target),
    );
    if (problem !== undefined) {
      void window.showErrorMessage(problem);
      return undefined;
    }
    void offerToOpen(target, format);
    return target;
  }

  /** A sentence when it did not work. */
  async #write(file: string, format: ReportFormat, target: string): Promise<string | undefined> {
    const inspection = await this.#inspectionOf(file);
    if (inspection === undefined)
      return l10n.t('There is nothing to export: {0} could not be inspected.', baseName(file));
    const answer = await this.#worker.render(this.#keptApart.with(inspection), format);
    if ('err' in answer) {
      return answer.err.kind === 'cancelled' ? l10n.t('The export was cancelled.') : answer.err.message;
    }
    try {
      await writeFile(target, answer.ok);
      return undefined;
    } catch (error) {
      return l10n.t('The report could not be written to {0}: {1}', target, String(error));
    }
  }

  /** What is on screen, also when it is only part of the answer; computed when nothing is. */
  async #inspectionOf(file: string): Promise<Inspection | undefined> {
    const model = await this.#store.open(file);
    if (model.inspection !== undefined) return model.inspection;
    await this.#store.settled(model);
    return model.inspection;
  }
}

function argumentsOf(given: unknown): ExportArguments {
  const file = fileOf(given);
  if (file !== undefined) return { file };
  if (typeof given !== 'object' || given === null || given instanceof Uri) return {};
  const { file: named, format, target } = given as Record<string, unknown>;
  const known = reportFormats.find((one) => one === format);
  const model = fileOf(named);
  const path = fileOf(target);
  return {
    ...(model === undefined ? {} : { file: model }),
    ...(known === undefined ? {} : { format: known }),
    ...(path === undefined ? {} : { target: path }),
  };
}

async function chooseFormat(): Promise<ReportFormat | undefined> {
  const items = reportFormats.map((format) => ({ label: formatNames[format], description: `.${format}`, format }));
  return (await window.showQuickPick(items, { placeHolder: l10n.t('Format of the report'), ignoreFocusOut: true }))
    ?.format;
}

async function chooseTarget(file: string, format: ReportFormat): Promise<string | undefined> {
  const target = await window.showSaveDialog({
    defaultUri: Uri.file(`${file.replace(/\.\w+$/, '')}.lipschitz.${format}`),
    filters: { [formatNames[format]]: [format] },
    title: l10n.t('Export Report'),
  });
  return target?.fsPath;
}

async function offerToOpen(target: string, format: ReportFormat): Promise<void> {
  const open = l10n.t('Open');
  const chosen = await window.showInformationMessage(l10n.t('The report was written to {0}.', baseName(target)), open);
  if (chosen !== open) return;
  const uri = Uri.file(target);
  // A browser on the user's machine cannot read a file of a remote one.
  if (format === 'html' && env.remoteName === undefined) await env.openExternal(uri);
  else await commands.executeCommand('vscode.open', uri);
}
