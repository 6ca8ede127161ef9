import { coupling } from '../../report/coupling.ts';
import { couplingText } from '../../report/coupling-text.ts';
import { numberOf, readArguments, requestOf } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { runInspection } from '../run-inspection.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const coupleCommand: Command = {
  options: [
    'norm',
    'region',
    'budget',
    'input',
    'output',
    'set',
    'dim',
    'as-if-unquantised',
    'provider',
    'threads',
    'target',
    'noise',
    'data-scale',
    'json',
    'verbose',
    'help',
  ],
  async run(args, engineFor, signal) {
    const { values, positionals } = readArguments(args, coupleCommand.options);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one model: lipschitz couple MODEL --target L');
    const question = {
      noise: numberOf('--noise', values.noise, 1),
      scale: numberOf('--data-scale', values['data-scale'], 1),
      ...(values.target === undefined ? {} : { target: numberOf('--target', values.target, 0) }),
    };
    const request = requestOf({ values, positionals }, file);
    const view = coupling(await runInspection(request, await engineFor(request), signal), question);
    if (values.json !== undefined) await writeOutput(values.json, `${JSON.stringify(view, undefined, 2)}\n`);
    if (values.json !== '-') process.stdout.write(`${couplingText(view)}\n`);
    return exitCodes.done;
  },
};
