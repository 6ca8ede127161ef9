import { commands, l10n, window, workspace } from 'vscode';
import { bilipschitzText } from '../core/report/bilipschitz.ts';
import { withCancelButton } from './cancellable.ts';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import { baseName, command } from './names.ts';
import type { Panels } from './panels.ts';
import type { Questions } from './questions.ts';
import { requestFor } from './settings.ts';
import type { Worker } from './worker.ts';

/** "Lipschitz: How Far Points Are Kept Apart": the lower end of the bi-Lipschitz constant in l2, on the region that was asked about, as text. */
export class BilipschitzCommand extends Owner {
  readonly #panels: Panels;
  readonly #questions: Questions;
  readonly #worker: Worker;

  constructor(panels: Panels, questions: Questions, worker: Worker) {
    super();
    this.#panels = panels;
    this.#questions = questions;
    this.#worker = worker;
    this.track(commands.registerCommand(command.bilipschitz, (given?: unknown) => this.#ask(fileOf(given))));
  }

  async #ask(given: string | undefined): Promise<void> {
    const file = given ?? this.#panels.current ?? (await chooseModel());
    if (file === undefined) return;
    const request = { ...requestFor(file, this.#questions.of(file)), norm: 'l2' as const };
    const title = l10n.t('How far {0} keeps points apart', baseName(file));
    const answer = await withCancelButton(title, (signal) => this.#worker.bilipschitz(request, signal));
    if ('err' in answer) {
      if (answer.err.kind !== 'cancelled') void window.showErrorMessage(answer.err.message);
      return;
    }
    const content = `${bilipschitzText(answer.ok)}\n`;
    await window.showTextDocument(await workspace.openTextDocument({ content, language: 'plaintext' }), {
      preview: true,
    });
  }
}
