import { CodeLens, EventEmitter, l10n, languages, type CodeLensProvider, type TextDocument } from 'vscode';
import type { Budget } from '../../core/budgets/budget.ts';
import { budgetFileName } from '../../core/budgets/budget.ts';
import { fails } from '../../core/budgets/judge.ts';
import { digits } from '../../core/report/digits.ts';
import { Owner } from '../disposable.ts';
import { command } from '../names.ts';
import { rangeIn } from './budget-places.ts';
import { modelsNamed } from './check-budgets.ts';
import type { JudgedModels, PlacedJudgement } from './judged-models.ts';
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
    const broken = own.filter(fails);
    if (broken.length > 0)
      return `$(warning) ${own.length === 1 ? brokenTitle(broken[0]!) : l10n.t('{0} of {1} not kept', broken.length, own.length)}`;
    if (waiting > 0) return l10n.t('$(play) not judged yet: check');
    return own.every(({ verdict }) => verdict === 'kept')
      ? l10n.t('$(pass) kept, proved')
      : l10n.t('$(pass) not exceeded');
  }
}

function brokenTitle({ verdict, known }: PlacedJudgement): string {
  if (verdict === 'void') return l10n.t('no layer has such a name');
  if (verdict === 'exceeded') return l10n.t('exceeded: at least {0}', digits(known?.lower ?? 0, 'down'));
  return known?.upper == null
    ? l10n.t('not proved: no upper end is known')
    : l10n.t('not proved: at most {0}', digits(known.upper, 'up'));
}
