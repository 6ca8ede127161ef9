import { basename } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import { drawMap } from '../../inspection/map.ts';
import type { MapRequest } from '../../inspection/map-request.ts';
import type { LipschitzMap } from '../../report/map.ts';
import { mapPng } from '../../report/picture/map-png.ts';
import { mapTextFormats, renderMap } from '../../report/render-map.ts';
import { hireForMap } from '../../worker/map-threads.ts';
import { readArguments } from '../arguments.ts';
import { mapRequestOf, scaleOf } from '../map-arguments.ts';
import { writeOutput } from '../output.ts';
import { printedMap } from '../printed-map.ts';
import { progressLine } from '../progress.ts';
import { RequestError } from '../../sentence.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const mapCommand: Command = {
  options: [
    ...(['axes', 'data', 'labels', 'pin', 'random', 'through', 'at', 'range', 'grid'] as const),
    ...(['method', 'pairs', 'samples', 'seed', 'restrict', 'norm', 'budget'] as const),
    ...(['input', 'output', 'set', 'dim', 'provider', 'threads'] as const),
    ...(['json', 'csv', 'svg', 'html', 'png', 'scale', 'beside', 'verbose', 'help'] as const),
  ],
  async run(args, engineFor, signal) {
    const read = readArguments(args, mapCommand.options);
    const { values, positionals } = read;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one model: lipschitz map MODEL');
    if (values.png === '-') throw new UsageError('--png needs the name of a file.');
    const asText = mapTextFormats.filter((format) => values[format] === '-');
    if (asText.length > 1) throw new UsageError(`Only one file fits on standard output: --${asText.join(', --')}.`);
    if (values.beside !== undefined && (values.png !== undefined || values.csv !== undefined))
      throw new UsageError('Two maps beside each other are written by --svg, --html and --json.');
    const request = mapRequestOf(read, file);
    const scale = scaleOf(read);
    const engine = await engineFor(request);
    const map = await runMap(request, engine, signal);
    const beside = values.beside === undefined ? undefined : await besideMap(map, mapRequestOf(read, values.beside), engine, signal); // prettier-ignore
    for (const format of mapTextFormats) {
      const target = values[format];
      if (target !== undefined) await writeOutput(target, renderMap(map, format, scale, beside));
    }
    if (values.png !== undefined) await writeOutput(values.png, mapPng(map, scale));
    const all = beside === undefined ? [map] : [map, beside];
    if (asText.length === 0) process.stdout.write(`${all.map(printedMap).join('\n\n')}\n`);
    return exitCodes.done;
  },
};

/** The same part of the same plane through the input of another model. */
async function besideMap(
  first: LipschitzMap,
  request: MapRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<LipschitzMap> {
  return runMap({ ...request, range: first.plane.range }, engine, signal, ({ model, plane }) => {
    const [one, other] = [first.plane.origin.length, plane.origin.length];
    if (one !== other)
      throw new RequestError(
        `The inputs of the two models differ: ${first.model.file} takes ${one} numbers, ${model.file} ${other}.`,
      );
  });
}

/** Draws one map to its end, with progress on stderr. */
async function runMap(
  request: MapRequest,
  engine: Engine,
  signal: AbortSignal,
  opened?: (map: LipschitzMap) => void,
): Promise<LipschitzMap> {
  const progress = progressLine(process.stderr, basename(request.file));
  let finished: LipschitzMap | undefined;
  try {
    for await (const event of drawMap(request, engine, signal, { hire: hireForMap })) {
      if (event.kind === 'opened') opened?.(event.map);
      if (event.kind === 'activity') progress.show(event.activity, event.fraction);
      if (event.kind === 'finished') finished = event.map;
    }
  } finally {
    progress.end();
  }
  if (finished === undefined) throw new Error('The map ended without an answer.');
  return finished;
}
