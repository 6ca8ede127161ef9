import { resolve } from 'node:path';
import type { Judgement } from '../budgets/judge.ts';
import { sarif, type Finding, type Unread } from '../budgets/sarif.ts';
import { toolVersion } from '../version.ts';
import type { OpenBudgets } from './budget-file.ts';
import { folderWith, relativePath } from './folder.ts';
import { RecordedLines } from './recorded-lines.ts';
import { UsageError } from './usage.ts';

export const findingFormats = ['text', 'json', 'sarif'] as const;
export type FindingFormat = (typeof findingFormats)[number];

export function formatOf(text: string | undefined): FindingFormat {
  const format = findingFormats.find((one) => one === (text ?? 'text'));
  if (format === undefined)
    throw new UsageError(`--format must be one of ${findingFormats.join(', ')}, not "${text!}".`);
  return format;
}

export interface JudgedPath {
  readonly judgement: Judgement;
  /** Absolute. */
  readonly file: string;
}

/** Adds the places: paths relative to the repository around the folder, which is what a code scanning service knows files by. */
export async function findingsOf(
  judged: readonly JudgedPath[],
  folder: string,
  budgets: OpenBudgets | undefined,
): Promise<readonly Finding[]> {
  const root = rootOf(folder);
  const lines = new RecordedLines(root);
  return Promise.all(
    judged.map(async ({ judgement, file }): Promise<Finding> => {
      const { subject, budget } = judgement;
      const source = subject.kind === 'layer' ? await lines.of(subject.layer) : undefined;
      const limitAt =
        budgets?.budgets.includes(budget) === true
          ? { file: relativePath(root, budgets.path), line: budgets.lineOf(budget) }
          : undefined;
      return {
        judgement,
        model: relativePath(root, file),
        ...(source === undefined ? {} : { source }),
        ...(limitAt === undefined ? {} : { limitAt }),
      };
    }),
  );
}

export const rootOf = (folder: string): string => folderWith('.git', resolve(folder)) ?? resolve(folder);

/** What a program reads; the text is for people and is put together model by model. */
export const findingsText = (
  format: Exclude<FindingFormat, 'text'>,
  findings: readonly Finding[],
  unread: readonly Unread[],
): string =>
  `${JSON.stringify(format === 'sarif' ? sarif(findings, unread) : asJson(findings, unread), undefined, 2)}\n`;

const asJson = (findings: readonly Finding[], unread: readonly Unread[]): object => ({
  format: 'lipschitz-check',
  version: 1,
  tool: { name: 'lipschitz-inspector', version: toolVersion },
  judgements: findings.map(({ model, source, limitAt, judgement }) => {
    const { verdict, limit, subject, sentence, known, budget } = judgement;
    return {
      model,
      verdict,
      subject: subject.kind,
      ...(subject.kind === 'layer' ? { layer: subject.layer.id, name: subject.layer.name } : {}),
      max: limit,
      norm: budget.question.norm,
      region: budget.question.region,
      ...(known === undefined ? {} : { lower: known.lower, upper: known.upper, rigor: known.rigor }),
      sentence,
      ...(budget.why === undefined ? {} : { why: budget.why }),
      fails: budget.fails,
      ...(source === undefined ? {} : { source }),
      ...(limitAt === undefined ? {} : { limitAt }),
    };
  }),
  unread,
});
