import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import type { FailedInspection, Inspection } from '../../report/inspection.ts';
import { inspectionJson } from '../../report/json.ts';
import { UserError } from '../../sentence.ts';
import { numberOf, readArguments, requestOf } from '../arguments.ts';
import { printed } from '../printed.ts';
import { runInspection } from '../run-inspection.ts';
import { exitCodes, UsageError, type ExitCode } from '../usage.ts';
import type { Command } from './command.ts';

export const inspectCommand: Command = {
  options: [
    'norm',
    'region',
    'budget',
    'input',
    'output',
    'set',
    'dim',
    'provider',
    'threads',
    'max',
    'json',
    'verbose',
    'help',
  ],
  async run(args, engineFor, signal) {
    const { values, positionals } = readArguments(args, inspectCommand.options);
    if (positionals.length === 0) throw new UsageError('Name at least one model: lipschitz inspect MODEL...');
    const max = values.max === undefined ? undefined : numberOf('--max', values.max, 0);
    const requests = positionals.map((file) => requestOf({ values, positionals }, file));
    const engine = await engineFor(requests[0]!);
    const answers: (Inspection | FailedInspection)[] = [];
    for (const request of requests) {
      const answer = await inspectOrFail(request, engine, signal);
      answers.push(answer);
      if (values.json !== '-') process.stdout.write(`${printed(answer)}\n`);
    }
    if (values.json !== undefined)
      await writeText(values.json, inspectionJson(answers.length === 1 ? answers[0]! : answers));
    return verdict(answers, max);
  },
};

async function inspectOrFail(
  request: Parameters<typeof runInspection>[0],
  engine: Engine,
  signal: AbortSignal,
): Promise<Inspection | FailedInspection> {
  try {
    return await runInspection(request, engine, signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return { model: { file: basename(request.file) }, error: { message: error.message } };
  }
}

async function writeText(target: string, text: string): Promise<void> {
  if (target !== '-') return writeFile(target, text);
  // All of it has to leave before the process does, also into a pipe.
  await new Promise<void>((done) => process.stdout.write(text, () => done()));
}

function verdict(answers: readonly (Inspection | FailedInspection)[], max: number | undefined): ExitCode {
  const read = answers.filter((answer): answer is Inspection => !('error' in answer));
  if (read.length === 0) return exitCodes.unreadable;
  const exceeded = max !== undefined && read.some((answer) => !withinLimit(answer, max));
  return exceeded || read.length < answers.length ? exitCodes.exceeded : exitCodes.done;
}

/** A limit is kept only when it is proved to be: an unbounded network exceeds every limit. */
const withinLimit = ({ lipschitz, norm }: Inspection, max: number): boolean => {
  const upper = lipschitz[norm]?.upper;
  return upper !== undefined && upper.value !== null && upper.value <= max;
};
