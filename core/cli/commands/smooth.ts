import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { renderSmoothing, smoothingFormatNames, type SmoothingFormat } from '../../report/render-smoothing.ts';
import { smoothingJson } from '../../report/smoothing-json.ts';
import { readArguments } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { printedSmoothing } from '../printed-smoothing.ts';
import { runSmoothing } from '../run-smoothing.ts';
import { smoothingRequestOf } from '../smooth-arguments.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const smoothCommand: Command = {
  options: [
    ...(['epsilon', 'rule', 'variant', 'radii', 'weight', 'lock', 'region', 'budget', 'samples', 'seed'] as const),
    ...(['data', 'labels', 'out', 'report', 'json', 'input', 'output', 'set', 'dim'] as const),
    ...(['provider', 'threads', 'verbose', 'help'] as const),
  ],
  async run(args, engineFor, signal) {
    const read = readArguments(args, smoothCommand.options);
    const { values, positionals } = read;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one model and an accuracy: lipschitz smooth MODEL --epsilon E');
    const request = smoothingRequestOf(read, file);
    const written =
      values.report === undefined ? undefined : { target: values.report, format: formatOf(values.report) };
    const { report, model } = await runSmoothing(request, await engineFor(request), signal);
    if (values.out !== undefined && model !== undefined) await writeFile(values.out, model);
    if (written !== undefined) await writeOutput(written.target, renderSmoothing(report, written.format));
    if (values.json !== undefined) await writeOutput(values.json, smoothingJson(report));
    if (values.json !== '-') process.stdout.write(`${printedSmoothing(report)}\n`);
    return exitCodes.done;
  },
};

function formatOf(file: string): SmoothingFormat {
  const found = smoothingFormatNames.find((name) => name === extname(file).slice(1));
  if (found === undefined) throw new UsageError('--report needs a file name that ends in .html, .md or .json.');
  return found;
}
