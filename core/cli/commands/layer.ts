import { layerSpectrum } from '../../inspection/layer-spectrum.ts';
import { spectrumJson } from '../../report/layer-spectrum.ts';
import { layerFigure } from '../../report/picture/layer-figure.ts';
import { readArguments, requestOf } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { printedSpectrum } from '../printed-spectrum.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const layerCommand: Command = {
  options: [
    ...(['budget', 'input', 'output', 'set', 'dim', 'as-if-unquantised', 'provider', 'threads'] as const),
    ...(['json', 'svg', 'verbose', 'help'] as const),
  ],
  async run(args, engineFor, signal) {
    const read = readArguments(args, layerCommand.options);
    const { values, positionals } = read;
    const [file, layer, ...more] = positionals;
    if (file === undefined || layer === undefined || more.length > 0)
      throw new UsageError('Name a model and one of its layers: lipschitz layer MODEL LAYER');
    if (values.json === '-' && values.svg === '-') throw new UsageError('Only one file fits on standard output: --json, --svg.'); // prettier-ignore
    const request = requestOf(read, file);
    const spectrum = await layerSpectrum({ ...request, layer }, await engineFor(request), signal);
    if (values.json !== undefined) await writeOutput(values.json, spectrumJson(spectrum));
    if (values.svg !== undefined) await writeOutput(values.svg, layerFigure(spectrum));
    if (values.json !== '-' && values.svg !== '-') process.stdout.write(`${printedSpectrum(spectrum)}\n`);
    return exitCodes.done;
  },
};
