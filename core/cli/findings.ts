import { resolve } from 'node:path';
import type { Judgement } from '../budgets/judge.ts';
import { sarif, type Finding, type SourceLine, type Unread } from '../budgets/sarif.ts';
import type { LayerEntry } from '../report/inspection.ts';
import { toolVersion } from '../version.ts';
import type { OpenBudgets } from './budget-file.ts';
import { CheckoutCode, type CodeOfModel } from './checkout-code.ts';
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
  /** All of the model, which tell the code that defines it. */
  readonly layers: readonly LayerEntry[];
}

/** Adds the places: paths relative to the repository around the folder, which is what a code scanning service knows files by. */
export async function findingsOf(
  judged: readonly JudgedPath[],
  folder: string,
  budgets: OpenBudgets | undefined,
): Promise<readonly Finding[]> {
  const root = rootOf(folder);
  const recorded = new RecordedLines(root);
  const code = new CheckoutCode(root);
  const models = new Map<string, Promise<CodeOfModel>>();
  const codeOf = (file: string, layers: readonly LayerEntry[]): Promise<CodeOfModel> => {
    const known = models.get(file) ?? code.of(relativePath(root, file), layers);
    models.set(file, known);
    return known;
  };
  const lineOf = async ({
    judgement: { subject, verdict },
    file,
    layers,
  }: JudgedPath): Promise<SourceLine | undefined> => {
    // Who reads of what is kept needs no line, and most checks need no code at all.
    if (verdict === 'kept' || verdict === 'void') return undefined;
    if (subject.kind !== 'layer') return (await codeOf(file, layers)).network;
    return (await recorded.of(subject.layer)) ?? (await codeOf(file, layers)).layers.get(subject.layer.id);
  };
  const findings = await Promise.all(
    judged.map(async (one): Promise<Finding> => {
      const { judgement, file } = one;
      const { budget } = judgement;
      const source = await lineOf(one);
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
  await code.dispose();
  return findings;
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
