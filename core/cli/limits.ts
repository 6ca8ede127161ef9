import { resolve } from 'node:path';
import { judge, limitWords, type Judgement } from '../budgets/judge.ts';
import { isPattern, pathPattern } from '../budgets/glob.ts';
import { answers } from '../budgets/questions.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { Inspection } from '../report/inspection.ts';
import { numberOf, type Arguments } from './arguments.ts';
import { openBudgets, type OpenBudgets } from './budget-file.ts';
import { relativePath } from './folder.ts';
import { budgetOfMax } from './verdict.ts';

/** What one call of `lipschitz inspect` is held against: `--max`, and those budgets of `--budget-file` that ask the same question. */
export interface Limits {
  readonly budgets: OpenBudgets | undefined;
  readonly areGiven: boolean;
  judge(inspection: Inspection, request: InspectionRequest): JudgedInspection;
}

export interface JudgedInspection {
  readonly judgements: readonly Judgement[];
  /** Limits for this model that this inspection says nothing about. */
  readonly others: readonly string[];
}

export async function limitsOf(values: Arguments['values']): Promise<Limits> {
  const max = values.max === undefined ? undefined : numberOf('--max', values.max, 0);
  const named = values['budget-file'];
  const budgets = named === undefined ? undefined : await openBudgets(resolve(named));
  return {
    budgets,
    areGiven: max !== undefined || budgets !== undefined,
    judge: (inspection, request) => {
      const own = (budgets?.budgets ?? []).filter(({ models }) =>
        models.some((name) => isMeant(name, relativePath(budgets!.folder, request.file))),
      );
      const fitting = own.filter((budget) => budget.limit.kind !== 'smoothed' && answers(inspection, budget));
      const all = max === undefined ? fitting : [budgetOfMax(request, max), ...fitting];
      return {
        judgements: all.flatMap((budget) => judge(inspection, budget)),
        others: own.filter((budget) => !fitting.includes(budget)).map(limitWords),
      };
    },
  };
}

const isMeant = (name: string, path: string): boolean =>
  isPattern(name) ? pathPattern(name).test(path) : name === path;
