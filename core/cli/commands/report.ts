import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { reportFormats } from '../../report/formats.ts';
import { render } from '../../report/render.ts';
import { readArguments, requestOf } from '../arguments.ts';
import { printed } from '../printed.ts';
import { runInspection } from '../run-inspection.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const reportCommand: Command = {
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
    'out',
    'verbose',
    'help',
  ],
  async run(args, engineFor, signal) {
    const { values, positionals } = readArguments(args, reportCommand.options);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one model: lipschitz report MODEL --out FILE.html');
    const format = reportFormats.find((name) => name === extname(values.out ?? '').slice(1));
    if (values.out === undefined || format === undefined)
      throw new UsageError('--out needs a file name that ends in .html, .md, .json or .csv.');
    const request = requestOf({ values, positionals }, file);
    const inspection = await runInspection(request, await engineFor(request), signal);
    await writeFile(values.out, render(inspection, format));
    process.stdout.write(`${printed(inspection)}\n\nWritten to ${values.out}.\n`);
    return exitCodes.done;
  },
};
