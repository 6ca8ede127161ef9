import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readInspection } from '../../inspection/read-inspection.ts';
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
    const inspection = await readReport(report);
    const verification = await verify(inspection, resolve(model), await engineFor({ provider: 'cpu', threads: 0 }));
    if (values.json === '-') process.stdout.write(`${JSON.stringify(verification, null, 2)}\n`);
    else process.stdout.write(`${inWords(verification)}\n`);
    if (values.json !== undefined && values.json !== '-')
      await writeOutput(values.json, `${JSON.stringify(verification, null, 2)}\n`);
    return verification.passed ? exitCodes.done : exitCodes.exceeded;
  },
};

async function readReport(path: string): Promise<Inspection> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UserError(`${path} cannot be read.`);
  });
  return readInspection(text, path);
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
