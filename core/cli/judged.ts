import { basename, join, resolve } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import { Cancelled } from '../compute/work.ts';
import type { Budget } from '../budgets/budget.ts';
import { judge, judgeSmoothing, type Judgement } from '../budgets/judge.ts';
import { askedTogether, requestFor } from '../budgets/questions.ts';
import type { Unread } from '../budgets/sarif.ts';
import { defaultSmoothingRequest } from '../inspection/smooth-request.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { LayerEntry } from '../report/inspection.ts';
import { UserError } from '../sentence.ts';
import { runInspection } from './run-inspection.ts';
import { runSmoothing } from './run-smoothing.ts';
import { faultSentence } from './usage.ts';

/** How a check computes, whatever the budgets ask. */
export type Means = Pick<InspectionRequest, 'provider' | 'threads'> & { readonly seconds: number };

export interface JudgedModel {
  readonly judgements: readonly Judgement[];
  /** None when no question for an inspection was answered. */
  readonly layers: readonly LayerEntry[];
  readonly unread: readonly Unread[];
  readonly faults: readonly unknown[];
}

/** Asks of one model whatever its budgets need, and judges it. A question that fails costs its own budgets, not the others. */
export async function judgeModel(
  model: string,
  budgets: readonly Budget[],
  folder: string,
  means: Means,
  engine: Engine,
  signal: AbortSignal,
): Promise<JudgedModel> {
  const judgements: Judgement[] = [];
  let layers: readonly LayerEntry[] = [];
  const unread: Unread[] = [];
  const faults: unknown[] = [];
  const attempt = async (answer: () => Promise<readonly Judgement[]>): Promise<void> => {
    try {
      judgements.push(...(await answer()));
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      const message = error instanceof UserError ? error.message : faultSentence(error);
      const named = message.includes(basename(model)) ? message : `${model}: ${message}`;
      if (!unread.some((one) => one.message === named)) unread.push({ model, message: named });
      if (!(error instanceof UserError)) faults.push(error);
    }
  };
  const { provider, threads, seconds } = means;
  const file = resolve(join(folder, model));
  const inspected = budgets.filter(({ limit }) => limit.kind !== 'smoothed');
  for (const { question, budgets: together } of askedTogether(inspected))
    await attempt(async () => {
      const request = { ...requestFor(question, file, folder, seconds), provider, threads };
      const inspection = await runInspection(request, engine, signal);
      layers = inspection.layers;
      return together.flatMap((budget) => judge(inspection, budget));
    });
  for (const budget of budgets) {
    const { limit, question } = budget;
    if (limit.kind !== 'smoothed') continue;
    await attempt(async () => {
      const { region, set, dims, input, output } = requestFor(question, file, folder, seconds);
      const ends = { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) };
      const asked = { region, set, dims, provider, threads, budgetSeconds: seconds, ...ends };
      const { report } = await runSmoothing(
        { ...defaultSmoothingRequest(file, limit.epsilon), ...asked },
        engine,
        signal,
      );
      return judgeSmoothing(report, budget);
    });
  }
  return { judgements, layers, unread, faults };
}
