import { isAbsolute, join } from 'node:path';
import { regionForReport } from '../inspection/region-syntax.ts';
import { defaultRequest, type InspectionRequest } from '../inspection/request.ts';
import type { Inspection } from '../report/inspection.ts';
import type { Budget, BudgetQuestion } from './budget.ts';

/** Budgets of one model that the same inspection judges. */
export interface AskedTogether {
  readonly question: BudgetQuestion;
  readonly budgets: readonly Budget[];
}

/**
 * As few inspections as judge all the budgets of a model. Every inspection has the layers' norms of all three kinds, so a limit for layers
 * goes along with any question about the same region, input and output.
 */
export function askedTogether(budgets: readonly Budget[]): readonly AskedTogether[] {
  const groups: { question: BudgetQuestion; budgets: Budget[] }[] = [];
  const networksFirst = budgets.toSorted(
    (a, b) => Number(a.limit.kind === 'layers') - Number(b.limit.kind === 'layers'),
  );
  for (const budget of networksFirst) {
    const { question, limit } = budget;
    const known = groups.find(
      (group) =>
        sameEnds(group.question, question) && (limit.kind === 'layers' || group.question.norm === question.norm),
    );
    if (known === undefined) groups.push({ question, budgets: [budget] });
    else known.budgets.push(budget);
  }
  return groups;
}

const sameEnds = (one: BudgetQuestion, other: BudgetQuestion): boolean =>
  JSON.stringify({ ...one, norm: '' }) === JSON.stringify({ ...other, norm: '' });

/** Files of points are named relative to the folder of the budgets. */
export function requestFor(question: BudgetQuestion, file: string, folder: string, seconds: number): InspectionRequest {
  const { region, set, ...rest } = question;
  const from = (path: string): string => (path.endsWith('.npy') && !isAbsolute(path) ? join(folder, path) : path);
  return {
    ...defaultRequest(file),
    ...rest,
    region: region.replace(/^(box:|ball:\w+:)(.+\.npy)(:[^:]*)$/, (_, start: string, path: string, end: string) =>
      [start, from(path), end].join(''),
    ),
    set: Object.fromEntries(Object.entries(set).map(([name, value]) => [name, from(value)])),
    budgetSeconds: seconds,
  };
}

/** Whether this inspection asked what the budget is about; nothing can be said about it otherwise. */
export function answers(inspection: Inspection, { question, limit }: Budget): boolean {
  const { model, norm, region, question: asked } = inspection;
  const input = question.input ?? model.inputs.find(({ type }) => type.includes('float'))?.name ?? model.input;
  const output = question.output ?? model.outputs[0]?.name ?? model.output;
  return (
    (limit.kind === 'layers' || norm === question.norm) &&
    region === regionForReport(question.region) &&
    model.input === input &&
    model.output === output &&
    asked?.quantisation === undefined &&
    sameEntries(asked?.set ?? {}, question.set) &&
    sameEntries(asked?.dims ?? {}, question.dims)
  );
}

/** The folder of a point's file differs from machine to machine. */
const sameEntries = (one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => lastPart(value) === lastPart(other[name]));

const lastPart = (value: unknown): unknown =>
  typeof value === 'string' && value.endsWith('.npy') ? value.split(/[\\/]/).at(-1) : value;
