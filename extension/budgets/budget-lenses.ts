import { CodeLens, EventEmitter, l10n, languages, type CodeLensProvider, type TextDocument } from 'vscode';
import type { Budget } from '../../core/budgets/budget.ts';
import { budgetFileName } from '../../core/budgets/budget.ts';
import { fails } from '../../core/budgets/judge.ts';
import { Owner } from '../disposable.ts';
import { command } from '../names.ts';
import { rangeIn } from './budget-places.ts';
import { modelsNamed } from './check-budgets.ts';
import type { JudgedModels } from './judged-models.ts';
import type { BudgetDocument, WorkspaceBudgets } from './workspace-budgets.ts';

/** Above each limit of a lipschitz.json: kept, not kept, or not judged yet, with the way to find out. */
export class BudgetLenses extends Owner implements CodeLensProvider {
  readonly #budgets: WorkspaceBudgets;
  readonly #judged: JudgedModels;
  readonly #changed = this.track(new EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(budgets: WorkspaceBudgets, judged: JudgedModels) {
    super();
    this.#budgets = budgets;
    this.#judged = judged;
    this.track(judged.changes.listen(() => this.#changed.fire()));
    this.track(languages.registerCodeLensProvider({ pattern: `**/${budgetFileName}`, scheme: 'file' }, this));
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    const uri = document.uri.toString();
    const own = (await this.#budgets.all()).find((one) => one.uri.toString() === uri);
    if (own === undefined) return [];
    return Promise.all(
      own.file.budgets.map(async (budget) => {
        const title = await this.#titleOf(own, budget);
        return new CodeLens(rangeIn(own.text, budget.place), { title, command: command.checkBudgets });
      }),
    );
  }

  async #titleOf(document: BudgetDocument, budget: Budget): Promise<string> {
    const files = (await Promise.all(budget.models.map((name) => modelsNamed(document.folder, name)))).flat();
    if (files.length === 0) return l10n.t('$(circle-slash) no such model');
    const models = await Promise.all(files.map(({ fsPath }) => this.#judged.of(fsPath)));
    const own = models
      .flatMap(({ judgements }) => judgements)
      .filter((one) => one.document === document && one.budget === budget);
    const waiting = models.filter(({ open }) => open.some((one) => one.budget === budget)).length;
    const broken = own.filter(fails).length;
    if (broken > 0) return l10n.t('$(warning) {0} of {1} not kept', broken, own.length);
    if (waiting > 0) return l10n.t('$(play) not judged yet: check');
    return own.every(({ verdict }) => verdict === 'kept')
      ? l10n.t('$(pass) kept, proved')
      : l10n.t('$(pass) not exceeded');
  }
}
