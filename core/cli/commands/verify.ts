import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { verify } from '../../inspection/verify.ts';
import type { Verification } from '../../inspection/verification.ts';
import type { Inspection } from '../../report/inspection.ts';
import { UserError } from '../../sentence.ts';
import { readArguments } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const verifyCommand: Command = {
  options: ['json', 'verbose', 'help'],
  async run(args, engineFor) {
    const { values, positionals } = readArguments(args, verifyCommand.options);
    const [report, model, ...more] = positionals;
    if (report === undefined || model === undefined || more.length > 0)
      throw new UsageError('Name a report and its model: lipschitz verify INSPECTION.json MODEL');
    const inspection = await readInspection(report);
    const verification = await verify(inspection, resolve(model), await engineFor({ provider: 'cpu', threads: 0 }));
    if (values.json === '-') process.stdout.write(`${JSON.stringify(verification, null, 2)}\n`);
    else process.stdout.write(`${inWords(verification)}\n`);
    if (values.json !== undefined && values.json !== '-')
      await writeOutput(values.json, `${JSON.stringify(verification, null, 2)}\n`);
    return verification.passed ? exitCodes.done : exitCodes.exceeded;
  },
};

async function readInspection(path: string): Promise<Inspection> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UserError(`${path} cannot be read.`);
  });
  const value: unknown = parsed(text, path);
  if (
    typeof value !== 'object' ||
    value === null ||
    !('format' in value) ||
    value.format !== 'lipschitz-inspection' ||
    !('version' in value) ||
    value.version !== 1
  )
    throw new UserError(`${path} is not an inspection: its "format" is not "lipschitz-inspection" of version 1.`);
  return value as Inspection;
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${path} is not JSON.`);
  }
}

function inWords({ passed, checks }: Verification): string {
  const mark = { confirmed: '✓', refuted: '✗', 'not checked': '–' } as const;
  const lines = checks.map(({ claim, verdict, detail }) => `${mark[verdict]} ${verdict}: ${claim}. ${detail}`);
  const count = (verdict: keyof typeof mark): number => checks.filter((check) => check.verdict === verdict).length;
  const total = `${count('confirmed')} confirmed, ${count('refuted')} refuted, ${count('not checked')} not checked`;
  return [...lines, '', passed ? `The inspection holds: ${total}.` : `The inspection does NOT hold: ${total}.`].join(
    '\n',
  );
}
