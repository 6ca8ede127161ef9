import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../compute/engine.ts';
import { Cancelled } from '../../compute/work.ts';
import { CheckpointSeries, type SeriesQuestion } from '../../inspection/training/checkpoint-series.ts';
import { checkpointsIn, checkpointsNamed } from '../../inspection/training/find-checkpoints.ts';
import { historyFormats, renderHistory } from '../../report/training/files.ts';
import type { TrainingHistory } from '../../report/training/history.ts';
import { historyRows } from '../../report/training/words.ts';
import { questionOptions, readArguments, requestOf, type Arguments } from '../arguments.ts';
import { cacheFolder } from '../cache-folder.ts';
import { inspectCheckpoint, openCache } from '../inspect-checkpoint.ts';
import { writeOutput } from '../output.ts';
import { printedHistory } from '../printed-history.ts';
import { exitCodes, UsageError, type ExitCode } from '../usage.ts';
import type { Command, EngineFor } from './command.ts';

/** Per checkpoint: less than for a model that is looked at alone, for there are many. */
const defaultBudget = '3';
const lookEveryMs = 1000;

/** The checkpoints of a training as a series, once or for as long as files are written. */
export const historyCommand: Command = {
  options: [...questionOptions, 'watch', 'cache', 'out'],
  async run(args, engineFor, signal) {
    const read = readArguments(args, historyCommand.options);
    const { values, positionals } = read;
    if (positionals.length === 0) throw new UsageError('Name a folder of checkpoints: lipschitz history FOLDER');
    const format = historyFormats.find((name) => name === extname(values.out ?? '').slice(1));
    if (values.out !== undefined && format === undefined)
      throw new UsageError(`--out needs a file name that ends in .${historyFormats.join(', .')}.`);
    const series = new CheckpointSeries(await question(read, engineFor));
    const write = async (history: TrainingHistory): Promise<void> => {
      if (values.out !== undefined && format !== undefined)
        await writeOutput(values.out, renderHistory(history, format));
      if (values.json !== undefined) await writeOutput(values.json, renderHistory(history, 'json'));
    };
    if (values.watch === true) {
      if (values.json === '-' || values.out === '-')
        throw new UsageError('--watch writes to a file again and again: name one.');
      return watch(series, write, signal);
    }
    let last: TrainingHistory | undefined;
    for await (const history of series.update(signal)) last = history;
    if (signal.aborted) throw new Cancelled();
    if (last === undefined) throw new Error('The history ended without an answer.');
    await write(last);
    if (values.json !== '-') process.stdout.write(`${printedHistory(last)}\n`);
    return verdict(last);
  },
};

async function question(read: Arguments, engineFor: EngineFor): Promise<SeriesQuestion> {
  const { values, positionals } = read;
  const asked = { ...read, values: { ...values, budget: values.budget ?? defaultBudget } };
  const request = requestOf(asked, positionals[0]!);
  const cache = openCache(cacheFolder(values.cache));
  let opened: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => (opened ??= engineFor(request));
  const first = resolve(positionals[0]!);
  const isFolder = positionals.length === 1 && (await stat(first).catch(() => undefined))?.isDirectory() === true;
  return {
    folder: basename(isFolder ? first : resolve(first, '..')),
    ...{ norm: request.norm, region: request.region, pace: values.watch === true ? 'watching' : 'once' },
    find: () => (isFolder ? checkpointsIn(first) : checkpointsNamed(positionals.map((path) => resolve(path)))),
    inspect: (file, signal) => inspectCheckpoint({ ...request, file }, cache, engine, signal),
  };
}

/** Says what is new as it comes, and keeps the files up to date, until Ctrl+C. */
async function watch(
  series: CheckpointSeries,
  write: (history: TrainingHistory) => Promise<void>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const said = new Map<string, string>();
  process.stderr.write('Watching; Ctrl+C ends it.\n');
  while (!signal.aborted) {
    try {
      for await (const history of series.update(signal)) {
        const fresh = freshLines(history, said);
        if (fresh.length === 0) continue;
        process.stdout.write(`${fresh.join('\n')}\n`);
        await write(history);
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return exitCodes.done;
}

/** Rows of checkpoints that are known better than when they were last said. */
function freshLines(history: TrainingHistory, said: Map<string, string>): readonly string[] {
  const rows = historyRows(history);
  return history.checkpoints.flatMap(({ file, state }, at) => {
    const line = rows[at]!.map(([column, text]) => (text === '' || column === 'file' ? text : `${column} ${text}`)).filter((part) => part !== '').join('  '); // prettier-ignore
    if (state === 'waiting' || said.get(file) === line) return [];
    said.set(file, line);
    return [line];
  });
}

function verdict({ checkpoints }: TrainingHistory): ExitCode {
  const readable = checkpoints.filter(({ state }) => state === 'read').length;
  if (readable === 0) return exitCodes.unreadable;
  return readable < checkpoints.length ? exitCodes.exceeded : exitCodes.done;
}
