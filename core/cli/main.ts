import { Cancelled } from '../compute/work.ts';
import { openEngine } from '../compute/onnx-runtime.ts';
import type { Engine } from '../compute/engine.ts';
import { RequestError, UserError } from '../sentence.ts';
import { toolVersion } from '../version.ts';
import type { Command } from './commands/command.ts';
import { bilipschitzCommand } from './commands/bilipschitz.ts';
import { checkCommand } from './commands/check.ts';
import { compareCommand } from './commands/compare.ts';
import { chainCommand } from './commands/chain.ts';
import { convertCommand } from './commands/convert.ts';
import { coupleCommand } from './commands/couple.ts';
import { historyCommand } from './commands/history.ts';
import { inspectCommand } from './commands/inspect.ts';
import { layerCommand } from './commands/layer.ts';
import { mapCommand } from './commands/map.ts';
import { reportCommand } from './commands/report.ts';
import { smoothCommand } from './commands/smooth.ts';
import { verifyCommand } from './commands/verify.ts';
import { whatIfCommand } from './commands/what-if.ts';
import { helpOf, overview } from './help.ts';
import { exitCodes, faultSentence, UsageError, type ExitCode } from './usage.ts';

const commands: ReadonlyMap<string, Command> = new Map([
  ['bilipschitz', bilipschitzCommand],
  ['check', checkCommand],
  ['compare', compareCommand],
  ['couple', coupleCommand],
  ['history', historyCommand],
  ['inspect', inspectCommand],
  ['layer', layerCommand],
  ['map', mapCommand],
  ['smooth', smoothCommand],
  ['report', reportCommand],
  ['verify', verifyCommand],
  ['what-if', whatIfCommand],
  ['convert', convertCommand],
  ['chain', chainCommand],
]);

async function main(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === '--version') return say(toolVersion);
  if (name === undefined || name === '--help' || name === '-h') return say(overview);
  if (name === 'help') return say(helpOf.get(rest[0] ?? '') ?? overview);
  const command = commands.get(name);
  if (command === undefined)
    throw new UsageError(`There is no command "${name}"; the commands are ${[...commands.keys()].join(', ')}.`);
  if (rest.includes('--help') || rest.includes('-h')) return say(helpOf.get(name) ?? overview);

  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const engines: Engine[] = [];
  try {
    const engineFor: Parameters<Command['run']>[1] = async (options) => {
      const engine = await openEngine({ ...options, onNotice: (notice) => void process.stderr.write(`${notice}\n`) });
      engines.push(engine);
      return engine;
    };
    return await command.run(rest, engineFor, abort.signal);
  } finally {
    for (const engine of engines) await engine.dispose();
  }
}

function say(text: string): ExitCode {
  process.stdout.write(`${text}\n`);
  return exitCodes.done;
}

/** One sentence on stderr, whatever happened. */
function failed(error: unknown, verbose: boolean): ExitCode {
  const [sentence, code] = explained(error);
  process.stderr.write(`${sentence}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return code;
}

function explained(error: unknown): readonly [string, ExitCode] {
  if (error instanceof UsageError) return [`${error.message} See lipschitz help.`, exitCodes.usage];
  if (error instanceof RequestError) return [error.message, exitCodes.usage];
  if (error instanceof UserError) return [error.message, exitCodes.unreadable];
  if (error instanceof Cancelled) return ['Cancelled.', exitCodes.cancelled];
  return [faultSentence(error), exitCodes.internal];
}

const args = process.argv.slice(2);
process.exitCode = await main(args).catch((error: unknown) => failed(error, args.includes('--verbose')));
