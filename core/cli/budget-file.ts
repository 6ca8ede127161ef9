import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { budgetFileName, type Budget } from '../budgets/budget.ts';
import { isPattern, pathPattern } from '../budgets/glob.ts';
import { readBudgets } from '../budgets/read-budgets.ts';
import { filesBelow, folderWith } from './folder.ts';
import { UsageError } from './usage.ts';

/** A lipschitz.json without mistakes, and where it lies. */
export interface OpenBudgets {
  readonly path: string;
  readonly folder: string;
  readonly seconds: number;
  readonly budgets: readonly Budget[];
  /** The line, from 1, on which a budget begins. */
  lineOf(budget: Budget): number;
}

/** The file that was named; else the nearest lipschitz.json, in this folder or above. */
export function budgetPath(named: string | undefined, folder: string): string {
  if (named !== undefined) return resolve(named);
  const found = folderWith(budgetFileName, folder);
  if (found === undefined)
    throw new UsageError(
      `There is no ${budgetFileName} in ${folder} or above: write one, or name it with --budget-file.`,
    );
  return join(found, budgetFileName);
}

export async function openBudgets(path: string): Promise<OpenBudgets> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`${path} cannot be read (${reason}).`);
  });
  const { file, problems } = readBudgets(text);
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  if (problems.length > 0)
    throw new UsageError(
      problems.map(({ message, place }) => `${path}:${lineAt(place.offset)}: ${message}`).join('\n'),
    );
  return { path, folder: dirname(path), ...file, lineOf: ({ place }) => lineAt(place.offset) };
}

/** The models of a budget file with the budgets of each; and the names that fit no file, which may be a slip or a missing artefact. */
export interface BudgetedModels {
  readonly models: ReadonlyMap<string, readonly Budget[]>;
  readonly missing: readonly { readonly budget: Budget; readonly name: string }[];
}

export async function modelsOf({ budgets, folder }: OpenBudgets): Promise<BudgetedModels> {
  const patterns = budgets.some(({ models }) => models.some(isPattern));
  const files = patterns ? await filesBelow(folder) : [];
  const models = new Map<string, Budget[]>();
  const missing: { budget: Budget; name: string }[] = [];
  for (const budget of budgets)
    for (const name of budget.models) {
      const fitting = filesOf(name, files, folder);
      if (fitting.length === 0) missing.push({ budget, name });
      for (const file of fitting) {
        const known = models.get(file);
        if (known === undefined) models.set(file, [budget]);
        else if (!known.includes(budget)) known.push(budget);
      }
    }
  return { models, missing };
}

function filesOf(name: string, files: readonly string[], folder: string): readonly string[] {
  if (!isPattern(name)) return existsSync(join(folder, name)) ? [name] : [];
  const pattern = pathPattern(name);
  return files.filter((file) => pattern.test(file));
}
