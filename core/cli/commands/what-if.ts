import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { WeightChange } from '../../inspection/what-if-request.ts';
import { whatIf } from '../../inspection/what-if.ts';
import { whatIfText } from '../../report/what-if.ts';
import { numberOf, readArguments, requestOf, type Arguments } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { progressLine } from '../progress.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const whatIfCommand: Command = {
  options: [
    ...(['spectral', 'layers', 'rescale', 'out', 'json', 'norm', 'region', 'budget', 'input', 'output'] as const),
    ...(['set', 'dim', 'provider', 'threads', 'verbose', 'help'] as const),
  ],
  async run(args, engineFor, signal) {
    const read = readArguments(args, whatIfCommand.options);
    const { values, positionals } = read;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one model and a change: lipschitz what-if MODEL --spectral K');
    const changes = changesOf(values);
    const inspection = requestOf(read, file);
    const progress = progressLine(process.stderr, basename(file));
    try {
      for await (const event of whatIf({ inspection, changes }, await engineFor(inspection), signal)) {
        if (event.kind === 'activity') progress.show(event.activity, event.fraction);
        if (event.kind !== 'finished') continue;
        progress.end();
        if (values.out !== undefined) await writeFile(values.out, event.model);
        if (values.json !== undefined)
          await writeOutput(values.json, `${JSON.stringify(event.report, undefined, 2)}\n`);
        if (values.json !== '-') process.stdout.write(`${whatIfText(event.report)}\n`);
      }
    } finally {
      progress.end();
    }
    return exitCodes.done;
  },
};

function changesOf({ spectral, layers, rescale }: Arguments['values']): readonly WeightChange[] {
  if (layers !== undefined && spectral === undefined)
    throw new UsageError('--layers says which layers --spectral is for.');
  const changes = [
    ...(spectral === undefined
      ? []
      : [{ kind: 'spectral' as const, limit: numberOf('--spectral', spectral, 1), ...(layers === undefined ? {} : { layers }) }]), // prettier-ignore
    ...(rescale ?? []).map((text): WeightChange => {
      const at = text.lastIndexOf('=');
      if (at <= 0) throw new UsageError(`--rescale needs LAYER=FACTOR, not "${text}".`);
      return { kind: 'rescale', layer: text.slice(0, at), factor: numberOf('--rescale', text.slice(at + 1), 1) };
    }),
  ];
  if (changes.length === 0) throw new UsageError('Say what to change: --spectral K or --rescale LAYER=FACTOR.');
  return changes;
}
