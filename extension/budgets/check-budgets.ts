import {
  ProgressLocation,
  RelativePattern,
  Uri,
  commands,
  l10n,
  window,
  workspace,
  type CancellationToken,
} from 'vscode';
import type { Budget } from '../../core/budgets/budget.ts';
import { isPattern } from '../../core/budgets/glob.ts';
import { fails } from '../../core/budgets/judge.ts';
import { askedTogether, requestFor as questionFor } from '../../core/budgets/questions.ts';
import { defaultSmoothingRequest } from '../../core/inspection/smooth-request.ts';
import type { InspectionRequest } from '../../core/inspection/request.ts';
import { Owner } from '../disposable.ts';
import type { InspectionStore } from '../inspection-store.ts';
import { baseName, command } from '../names.ts';
import { requestFor } from '../settings.ts';
import type { Worker } from '../worker.ts';
import type { JudgedModels } from './judged-models.ts';
import type { BudgetDocument, WorkspaceBudgets } from './workspace-budgets.ts';

const excluded = '**/{node_modules,site-packages,.venv,venv,.git,__pycache__}/**';
const modelsChecked = 200;

/** "Lipschitz: Check Budgets": asks of every model that a lipschitz.json names what its limits need, as `lipschitz check` does. */
export class CheckBudgets extends Owner {
  readonly #store: InspectionStore;
  readonly #budgets: WorkspaceBudgets;
  readonly #judged: JudgedModels;
  readonly #worker: Worker;

  constructor(store: InspectionStore, budgets: WorkspaceBudgets, judged: JudgedModels, worker: Worker) {
    super();
    this.#store = store;
    this.#budgets = budgets;
    this.#judged = judged;
    this.#worker = worker;
    this.track(commands.registerCommand(command.checkBudgets, () => this.#check()));
  }

  async #check(): Promise<void> {
    const documents = await this.#budgets.all();
    const files = await filesOf(documents);
    if (files.length === 0) {
      void window.showInformationMessage(
        l10n.t('No model is named by a lipschitz.json of this workspace: write one with a limit for each model.'),
      );
      return;
    }
    const failures: string[] = [];
    await window.withProgress(
      { location: ProgressLocation.Notification, title: l10n.t('Checking budgets'), cancellable: true },
      async (progress, token) => {
        for (const file of files) {
          if (token.isCancellationRequested) return;
          progress.report({ message: baseName(file), increment: 100 / files.length });
          failures.push(...(await this.#ask(file, token)));
        }
      },
    );
    await this.#tell(files, failures);
  }

  async #ask(file: string, token: CancellationToken): Promise<readonly string[]> {
    const failures: string[] = [];
    const abort = new AbortController();
    const listening = token.onCancellationRequested(() => abort.abort());
    const { provider, threads } = requestFor(file);
    const placed = await this.#budgets.of(file);
    for (const { folder, file: own } of new Set(placed.map(({ document }) => document))) {
      const budgets = placed.filter(({ document }) => document.folder === folder).map(({ budget }) => budget);
      const ask = (question: Budget['question']): InspectionRequest => ({
        ...questionFor(question, file, folder.fsPath, own.seconds),
        ...{ provider, threads },
      });
      const options = { onEvent: () => undefined, signal: abort.signal };
      for (const { question } of askedTogether(budgets.filter(({ limit }) => limit.kind !== 'smoothed'))) {
        if (abort.signal.aborted) break;
        const request = ask(question);
        const answer = await this.#worker.inspect(request, options);
        if ('ok' in answer) {
          await this.#store.adopt(request, answer.ok);
          this.#judged.remember(file, question, undefined, { inspection: answer.ok });
        } else if (answer.err.kind !== 'cancelled') failures.push(answer.err.message);
      }
      for (const { question, limit } of budgets) {
        if (limit.kind !== 'smoothed' || abort.signal.aborted) continue;
        const { region, set, dims, input, output, budgetSeconds } = ask(question);
        const ends = { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) };
        const request = defaultSmoothingRequest(file, limit.epsilon);
        const asked = { region, set, dims, provider, threads, budgetSeconds, ...ends };
        const answer = await this.#worker.smooth({ ...request, ...asked }, options);
        if ('ok' in answer) this.#judged.remember(file, question, limit.epsilon, { smoothing: answer.ok });
        else if (answer.err.kind !== 'cancelled') failures.push(answer.err.message);
      }
    }
    listening.dispose();
    return failures;
  }

  async #tell(files: readonly string[], failures: readonly string[]): Promise<void> {
    const judgements = (await Promise.all(files.map((file) => this.#judged.of(file)))).flatMap((own) => own.judgements);
    const count = (verdict: string): number => judgements.filter((one) => one.verdict === verdict).length;
    const text = l10n.t(
      'Budgets: {0} kept, {1} exceeded, {2} not proved.',
      count('kept'),
      count('exceeded'),
      count('unproved'),
    );
    const problems = l10n.t('Show Problems');
    const [failure] = failures;
    const message = failure === undefined ? text : `${text} ${failure}`;
    const isFine = failure === undefined && !judgements.some(fails);
    const chosen = isFine
      ? await window.showInformationMessage(message)
      : await window.showWarningMessage(message, problems);
    if (chosen === problems) await commands.executeCommand('workbench.actions.view.problems');
  }
}

/** Every model that a budget names, by its path. */
async function filesOf(documents: readonly BudgetDocument[]): Promise<readonly string[]> {
  const found = await Promise.all(
    documents.flatMap(({ folder, file }) =>
      [...new Set(file.budgets.flatMap(({ models }) => models))].map((name) => modelsNamed(folder, name)),
    ),
  );
  return [...new Set(found.flat().map(({ fsPath }) => fsPath))].slice(0, modelsChecked);
}

/** The files of a path or pattern of a budget. */
export async function modelsNamed(folder: Uri, name: string): Promise<readonly Uri[]> {
  if (isPattern(name)) return workspace.findFiles(new RelativePattern(folder, name), excluded, modelsChecked);
  const uri = Uri.joinPath(folder, name);
  return workspace.fs.stat(uri).then(
    () => [uri],
    () => [],
  );
}
