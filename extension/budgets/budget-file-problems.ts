import { Diagnostic, DiagnosticSeverity, l10n, languages, type Uri } from 'vscode';
import type { Budget } from '../../core/budgets/budget.ts';
import { fails } from '../../core/budgets/judge.ts';
import { Owner } from '../disposable.ts';
import { problemSource } from '../annotations/budget-problems.ts';
import { rangeIn } from './budget-places.ts';
import { modelsNamed } from './check-budgets.ts';
import type { JudgedModels, PlacedJudgement } from './judged-models.ts';
import type { BudgetDocument, WorkspaceBudgets } from './workspace-budgets.ts';

/** In a lipschitz.json: mistakes, models that are not there, limits that no layer's name fits, and what is not kept. */
export class BudgetFileProblems extends Owner {
  readonly #budgets: WorkspaceBudgets;
  readonly #judged: JudgedModels;
  readonly #problems = this.track(languages.createDiagnosticCollection('lipschitz-budgets'));
  #round = 0;

  constructor(budgets: WorkspaceBudgets, judged: JudgedModels) {
    super();
    this.#budgets = budgets;
    this.#judged = judged;
    this.track(judged.changes.listen(() => void this.#look()));
    void this.#look();
  }

  async #look(): Promise<void> {
    const round = ++this.#round;
    const documents = await this.#budgets.all();
    const found = await Promise.all(
      documents.map(async (document) => ({
        uri: document.uri,
        problems: [
          ...document.problems.map(({ message, place }) => problem(document, place, message, DiagnosticSeverity.Error)),
          ...(await Promise.all(document.file.budgets.map((budget) => this.#problemsOf(document, budget)))).flat(),
        ],
      })),
    );
    if (round !== this.#round) return;
    this.#problems.clear();
    for (const { uri, problems } of found) this.#problems.set(uri, problems);
  }

  async #problemsOf(document: BudgetDocument, budget: Budget): Promise<readonly Diagnostic[]> {
    const files = await Promise.all(budget.models.map((name) => modelsNamed(document.folder, name)));
    const missing = budget.models.filter((_, index) => files[index]!.length === 0);
    const judgements = await this.#judgementsOf(document, budget, files.flat());
    return [
      ...missing.map((name) =>
        problem(
          document,
          budget.modelsPlace,
          l10n.t('No file of this workspace fits "{0}", so this limit judges nothing.', name),
          DiagnosticSeverity.Warning,
        ),
      ),
      ...judgements
        .filter(fails)
        .map(({ sentence, verdict }) =>
          problem(
            document,
            budget.place,
            sentence,
            verdict === 'exceeded' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
          ),
        ),
    ];
  }

  async #judgementsOf(
    document: BudgetDocument,
    budget: Budget,
    files: readonly Uri[],
  ): Promise<readonly PlacedJudgement[]> {
    const judged = await Promise.all(files.map(({ fsPath }) => this.#judged.of(fsPath)));
    // A layer's breach stands on the layer's line; here one for each would only repeat them.
    return judged
      .flatMap(({ judgements }) => judgements)
      .filter((one) => one.document === document && one.budget === budget && one.subject.kind !== 'layer');
  }
}

function problem(
  { text }: BudgetDocument,
  place: Budget['place'],
  message: string,
  severity: DiagnosticSeverity,
): Diagnostic {
  const found = new Diagnostic(rangeIn(text, place), message, severity);
  found.source = problemSource;
  return found;
}
