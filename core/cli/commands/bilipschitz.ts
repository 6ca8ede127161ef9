import { bilipschitz } from '../../inspection/bilipschitz.ts';
import { bilipschitzText } from '../../report/bilipschitz.ts';
import { questionOptions, readArguments, requestOf } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const bilipschitzCommand: Command = {
  options: questionOptions,
  async run(args, engineFor, signal) {
    const read = readArguments(args, bilipschitzCommand.options);
    const [file, ...more] = read.positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one model: lipschitz bilipschitz MODEL');
    const request = requestOf(read, file);
    const report = await bilipschitz(request, await engineFor(request), signal);
    const { json } = read.values;
    if (json !== undefined) await writeOutput(json, `${JSON.stringify(report, undefined, 2)}\n`);
    if (json !== '-') process.stdout.write(`${bilipschitzText(report)}\n`);
    return exitCodes.done;
  },
};
