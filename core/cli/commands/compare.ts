import { extname } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import { compareInspections } from '../../report/comparison/compare.ts';
import type { Comparison } from '../../report/comparison/comparison.ts';
import { comparisonFormats, renderComparison } from '../../report/comparison/files.ts';
import { numberOf, questionOptions, readArguments, requestOf } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { printedComparison } from '../printed-comparison.ts';
import { readOrInspect } from '../read-or-inspect.ts';
import { exitCodes, UsageError, type ExitCode } from '../usage.ts';
import type { Command } from './command.ts';

/** Two models, or inspections of them, beside each other. */
export const compareCommand: Command = {
  options: [...questionOptions, 'max', 'out'],
  async run(args, engineFor, signal) {
    const read = readArguments(args, compareCommand.options);
    const { values, positionals } = read;
    const [before, after, ...more] = positionals;
    if (before === undefined || after === undefined || more.length > 0)
      throw new UsageError('Name two models, the earlier one first: lipschitz compare BEFORE AFTER');
    const format = comparisonFormats.find((name) => name === extname(values.out ?? '').slice(1));
    if (values.out !== undefined && format === undefined)
      throw new UsageError(`--out needs a file name that ends in .${comparisonFormats.join(', .')}.`);
    const max = values.max === undefined ? undefined : numberOf('--max', values.max, 0);
    const request = requestOf(read, before);
    let opened: Promise<Engine> | undefined;
    const engine = (): Promise<Engine> => (opened ??= engineFor(request));
    const earlier = await readOrInspect(request, engine, signal);
    const comparison = compareInspections(earlier, await readOrInspect(requestOf(read, after), engine, signal));
    if (values.out !== undefined && format !== undefined)
      await writeOutput(values.out, renderComparison(comparison, format));
    if (values.json !== undefined) await writeOutput(values.json, renderComparison(comparison, 'json'));
    if (values.json !== '-') process.stdout.write(`${printedComparison(comparison)}\n`);
    return verdict(comparison, max);
  },
};

/** A limit on the ratio is kept only where it is proved to be. */
function verdict({ network }: Comparison, max: number | undefined): ExitCode {
  if (max === undefined) return exitCodes.done;
  const within =
    network !== null &&
    network.ratio.upper !== null &&
    network.ratio.upper <= max &&
    network.after.upperRigor === 'certified' &&
    network.before.lowerRigor === 'certified';
  return within ? exitCodes.done : exitCodes.exceeded;
}
