import type { BudgetQuestion } from '../../core/budgets/budget.ts';
import { judge, judgeSmoothing, type Judgement } from '../../core/budgets/judge.ts';
import { answers } from '../../core/budgets/questions.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { SmoothingReport } from '../../core/report/smoothing.ts';
import { Owner, Signal } from '../disposable.ts';
import type { InspectionStore } from '../inspection-store.ts';
import type { PlacedBudget, WorkspaceBudgets } from './workspace-budgets.ts';

export interface PlacedJudgement extends Judgement {
  readonly document: PlacedBudget['document'];
  readonly file: string;
}

export interface JudgedModel {
  readonly file: string;
  readonly judgements: readonly PlacedJudgement[];
  /** Limits that no inspection so far says anything about: they ask another question, or the model was not inspected. */
  readonly open: readonly PlacedBudget[];
}

/** What a check of all budgets found out, beside what panels have inspected. */
export interface CheckedAnswer {
  readonly inspection?: Inspection;
  readonly smoothing?: SmoothingReport;
}

/** Holds what is known of the workspace's models against the budgets. Never computes anything: it judges what was inspected. */
export class JudgedModels extends Owner {
  readonly changes = this.track(new Signal<void>());
  readonly #store: InspectionStore;
  readonly #budgets: WorkspaceBudgets;
  readonly #checked = new Map<string, Map<string, CheckedAnswer>>();

  constructor(store: InspectionStore, budgets: WorkspaceBudgets) {
    super();
    this.#store = store;
    this.#budgets = budgets;
    this.track(budgets.changes.listen(() => this.changes.emit()));
    this.track(
      store.changes.listen(({ change }) => {
        // While an inspection runs its numbers change ten times a second; the marks wait for its end.
        if (change.kind === 'state' && change.state.kind !== 'running' && change.state.kind !== 'loading')
          this.changes.emit();
      }),
    );
  }

  remember(file: string, question: BudgetQuestion, epsilon: number | undefined, answer: CheckedAnswer): void {
    const known = this.#checked.get(file) ?? new Map<string, CheckedAnswer>();
    known.set(JSON.stringify([question, epsilon ?? null]), answer);
    this.#checked.set(file, known);
    this.changes.emit();
  }

  async of(file: string): Promise<JudgedModel> {
    const budgets = await this.#budgets.of(file);
    if (budgets.length === 0) return { file, judgements: [], open: [] };
    const inspections = await this.#inspectionsOf(file);
    const judgements: PlacedJudgement[] = [];
    const open: PlacedBudget[] = [];
    for (const placed of budgets) {
      const own = this.#judge(file, placed, inspections);
      if (own === undefined) open.push(placed);
      else judgements.push(...own.map((judgement) => ({ ...judgement, document: placed.document, file })));
    }
    return { file, judgements, open };
  }

  #judge(file: string, { budget }: PlacedBudget, inspections: readonly Inspection[]): readonly Judgement[] | undefined {
    const { limit, question } = budget;
    if (limit.kind === 'smoothed') {
      const report = this.#checked.get(file)?.get(JSON.stringify([question, limit.epsilon]))?.smoothing;
      return report === undefined ? undefined : judgeSmoothing(report, budget);
    }
    const inspection = inspections.find((known) => answers(known, budget));
    return inspection === undefined ? undefined : judge(inspection, budget);
  }

  /** What stands in the panel first: it is the newest. */
  async #inspectionsOf(file: string): Promise<readonly Inspection[]> {
    const shown = (await this.#store.known()).find((known) => known.file === file)?.inspection;
    const checked = [...(this.#checked.get(file)?.values() ?? [])].flatMap(({ inspection }) => inspection ?? []);
    return shown === undefined ? checked : [shown, ...checked];
  }
}
