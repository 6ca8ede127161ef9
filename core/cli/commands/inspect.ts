import { basename } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import { writeNpy } from '../../formats/npy.ts';
import { Cancelled } from '../../compute/work.ts';
import type { FailedInspection, Inspection } from '../../report/inspection.ts';
import { inspectionJson } from '../../report/json.ts';
import { RequestError, UserError } from '../../sentence.ts';
import { questionOptions, readArguments, requestOf } from '../arguments.ts';
import { findingsOf, findingsText, formatOf, type JudgedPath } from '../findings.ts';
import { limitsOf } from '../limits.ts';
import { writeOutput } from '../output.ts';
import { printed } from '../printed.ts';
import { printedJudgements } from '../printed-check.ts';
import { runInspection } from '../run-inspection.ts';
import { exitCodes, faultSentence, UsageError } from '../usage.ts';
import { verdict } from '../verdict.ts';
import type { Command } from './command.ts';

export const inspectCommand: Command = {
  options: [...questionOptions, 'chain', 'max', 'budget-file', 'format', 'out', 'witness'],
  async run(args, engineFor, signal) {
    const { values, positionals } = readArguments(args, inspectCommand.options);
    if (positionals.length === 0) throw new UsageError('Name at least one model: lipschitz inspect MODEL...');
    const format = formatOf(values.format);
    const limits = await limitsOf(values);
    if (format !== 'text' && !limits.areGiven)
      throw new UsageError(`--format ${format} lists what is not within a limit: give --max or --budget-file as well.`);
    const findingsTo = values.out ?? '-';
    const toStandardOutput = [values.json === '-', format !== 'text' && findingsTo === '-'].filter(Boolean).length;
    if (toStandardOutput > 1)
      throw new UsageError('Only one of --json and --format can go to standard output: name a file.');
    const requests = positionals.map((file) => requestOf({ values, positionals }, file));
    const engine = await engineFor(requests[0]!);
    const answers: (Inspection | FailedInspection)[] = [];
    const judged: JudgedPath[] = [];
    const faults: unknown[] = [];
    for (const request of requests) {
      const answer = await inspectOrFail(request, engine, signal, (fault) => void faults.push(fault));
      answers.push(answer);
      if ('error' in answer) continue;
      const { judgements, others } = limits.judge(answer, request);
      judged.push(...judgements.map((judgement) => ({ judgement, layers: answer.layers, file: request.file })));
      if (toStandardOutput > 0) continue;
      process.stdout.write(`${printed(answer)}\n`);
      if (judgements.length > 0) process.stdout.write(`${printedJudgements('Limits', judgements)}\n`);
      for (const other of others)
        process.stdout.write(`  · not judged, for it asks something else (lipschitz check asks it): ${other}\n`);
    }
    if (values.witness !== undefined) await writeWitness(values.witness, answers);
    if (values.json !== undefined)
      await writeOutput(values.json, inspectionJson(answers.length === 1 ? answers[0]! : answers));
    if (format !== 'text') {
      const unread = answers.flatMap((answer) =>
        'error' in answer ? [{ model: answer.model.file, message: answer.error.message }] : [],
      );
      await writeOutput(findingsTo, findingsText(format, await findingsOf(judged, '.', limits.budgets), unread));
    }
    if (values.verbose === true)
      for (const fault of faults) process.stderr.write(`${String((fault as Error).stack)}\n`);
    const judgements = judged.map(({ judgement }) => judgement);
    return faults.length > 0 ? exitCodes.internal : verdict(answers, judgements);
  },
};

/** The points in the shape of the input, with its batch of 1. */
async function writeWitness(name: string, answers: readonly (Inspection | FailedInspection)[]): Promise<void> {
  const [answer, ...others] = answers;
  if (answer === undefined || others.length > 0) throw new UsageError('--witness is for one model.');
  if ('error' in answer) return;
  const { lipschitz, norm, model } = answer;
  const witness = lipschitz[norm]?.lower.witness;
  if (witness === undefined) throw new RequestError('No two points were found that could be saved.');
  const known = model.inputs
    .find(({ name: own }) => own === model.input)
    ?.shape?.map((size) => (typeof size === 'number' ? size : 1));
  const fits = known !== undefined && known.reduce((count, size) => count * size, 1) === witness.x.length;
  for (const [which, point] of Object.entries(witness))
    await writeOutput(
      `${name}-${which}.npy`,
      writeNpy(fits ? known : [witness.x.length], Float64Array.from(point as readonly number[])),
    );
}

async function inspectOrFail(
  request: Parameters<typeof runInspection>[0],
  engine: Engine,
  signal: AbortSignal,
  onFault: (fault: unknown) => void,
): Promise<Inspection | FailedInspection> {
  try {
    return await runInspection(request, engine, signal);
  } catch (error) {
    if (error instanceof RequestError || error instanceof Cancelled) throw error;
    // A fault of ours with one model must not cost the answers about the others.
    const message = error instanceof UserError ? error.message : faultSentence(error);
    process.stderr.write(`${message}\n`);
    if (!(error instanceof UserError)) onFault(error);
    return { model: { file: basename(request.file) }, error: { message } };
  }
}
