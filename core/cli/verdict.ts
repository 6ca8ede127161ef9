import type { Budget } from '../budgets/budget.ts';
import { fails, type Judgement } from '../budgets/judge.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { FailedInspection, Inspection } from '../report/inspection.ts';
import { exitCodes, type ExitCode } from './usage.ts';

/** `--max L` as a budget: kept only when it is proved to be, so an unbounded network exceeds every limit. */
export const budgetOfMax = (request: InspectionRequest, max: number): Budget => {
  const { norm, region, input, output, set, dims } = request;
  return {
    models: [request.file],
    limit: { kind: 'network', max },
    question: {
      ...{ norm, region, set, dims },
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
    },
    fails: 'unless-proved',
    place: { offset: 0, length: 0 },
    modelsPlace: { offset: 0, length: 0 },
  };
};

/** What the answers mean to a build that waits for them. */
export function verdict(
  answers: readonly (Inspection | FailedInspection)[],
  judgements: readonly Judgement[],
): ExitCode {
  const read = answers.filter((answer) => !('error' in answer));
  if (read.length === 0) return exitCodes.unreadable;
  return judgements.some(fails) || read.length < answers.length ? exitCodes.exceeded : exitCodes.done;
}

/** The same for a folder of models: one that is missing or cannot be read is as bad as a breach. */
export function verdictOnBudgets(judgements: readonly Judgement[], unread: number): ExitCode {
  if (judgements.length === 0 && unread > 0) return exitCodes.unreadable;
  return unread > 0 || judgements.some(fails) ? exitCodes.exceeded : exitCodes.done;
}
