import { join, resolve } from 'node:path';
import type { Unread } from '../../budgets/sarif.ts';
import { defaultRequest } from '../../inspection/request.ts';
import { numberOf, readArguments, requestOf } from '../arguments.ts';
import { budgetPath, modelsOf, openBudgets } from '../budget-file.ts';
import { findingsOf, findingsText, formatOf, rootOf, type JudgedPath } from '../findings.ts';
import { relativePath } from '../folder.ts';
import { judgeModel } from '../judged.ts';
import { writeOutput } from '../output.ts';
import { printedJudgements, summaryLine } from '../printed-check.ts';
import { exitCodes, UsageError } from '../usage.ts';
import { verdictOnBudgets } from '../verdict.ts';
import type { Command } from './command.ts';

export const checkCommand: Command = {
  options: ['budget-file', 'budget', 'format', 'out', 'provider', 'threads', 'verbose', 'help'],
  async run(args, engineFor, signal) {
    const read = readArguments(args, checkCommand.options);
    const { values, positionals } = read;
    const [folder = '.', ...more] = positionals;
    if (more.length > 0) throw new UsageError('Name one folder: lipschitz check [FOLDER]');
    const format = formatOf(values.format);
    const { provider, threads } = requestOf(read, defaultRequest('').file);
    const budgets = await openBudgets(budgetPath(values['budget-file'], resolve(folder)));
    const seconds = numberOf('--budget', values.budget, budgets.seconds);
    const { models, missing } = await modelsOf(budgets);
    const root = rootOf(budgets.folder);
    const toRoot = (model: string): string => relativePath(root, join(budgets.folder, model));
    const text = format === 'text' || (values.out !== undefined && values.out !== '-');

    const judged: JudgedPath[] = [];
    const faults: unknown[] = [];
    const unread: Unread[] = missing.map(({ name, budget }) => ({
      model: toRoot(name),
      message: `${budgets.path}:${budgets.lineOf(budget)}: no file fits "${name}".`,
    }));
    const engine = await engineFor({ provider, threads });
    for (const [model, own] of models) {
      const outcome = await judgeModel(model, own, budgets.folder, { provider, threads, seconds }, engine, signal);
      judged.push(
        ...outcome.judgements.map((judgement) => ({
          judgement,
          layers: outcome.layers,
          file: join(budgets.folder, model),
        })),
      );
      unread.push(...outcome.unread.map(({ message }) => ({ model: toRoot(model), message })));
      faults.push(...outcome.faults);
      if (text && outcome.judgements.length > 0)
        process.stdout.write(`${printedJudgements(model, outcome.judgements)}\n`);
    }
    for (const { message } of unread) process.stderr.write(`${message}\n`);
    if (values.verbose === true)
      for (const fault of faults) process.stderr.write(`${String((fault as Error).stack)}\n`);
    const judgements = judged.map(({ judgement }) => judgement);
    if (text) process.stdout.write(`${summaryLine(judgements, unread.length)}\n`);
    if (format !== 'text') {
      const findings = await findingsOf(judged, budgets.folder, budgets);
      await writeOutput(values.out ?? '-', findingsText(format, findings, unread));
    }
    return faults.length > 0 ? exitCodes.internal : verdictOnBudgets(judgements, unread.length);
  },
};
