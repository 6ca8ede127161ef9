import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import { smooth } from '../../inspection/smooth.ts';
import type { SmoothingRequest } from '../../inspection/smooth-request.ts';
import { smoothingJson } from '../../report/smoothing-json.ts';
import type { SmoothingReport } from '../../report/smoothing.ts';
import { readArguments } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { printedSmoothing } from '../printed-smoothing.ts';
import { progressLine } from '../progress.ts';
import { smoothingRequestOf } from '../smooth-arguments.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const smoothCommand: Command = {
  options: [
    ...(['epsilon', 'rule', 'variant', 'radii', 'region', 'budget', 'samples', 'seed'] as const),
    ...(['data', 'labels', 'out', 'json', 'input', 'output', 'set', 'dim'] as const),
    ...(['provider', 'threads', 'verbose', 'help'] as const),
  ],
  async run(args, engineFor, signal) {
    const read = readArguments(args, smoothCommand.options);
    const { values, positionals } = read;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one model and an accuracy: lipschitz smooth MODEL --epsilon E');
    const request = smoothingRequestOf(read, file);
    const { report, model } = await run(request, await engineFor(request), signal);
    if (values.out !== undefined && model !== undefined) await writeFile(values.out, model);
    if (values.json !== undefined) await writeOutput(values.json, smoothingJson(report));
    if (values.json !== '-') process.stdout.write(`${printedSmoothing(report)}\n`);
    return exitCodes.done;
  },
};

interface Outcome {
  readonly report: SmoothingReport;
  readonly model: Uint8Array | undefined;
}

async function run(request: SmoothingRequest, engine: Engine, signal: AbortSignal): Promise<Outcome> {
  const progress = progressLine(process.stderr, basename(request.file));
  let model: Uint8Array | undefined;
  let report: SmoothingReport | undefined;
  try {
    for await (const event of smooth(request, engine, signal)) {
      if (event.kind === 'activity') progress.show(event.activity, event.fraction);
      if (event.kind === 'model') model = event.bytes;
      if (event.kind === 'finished') report = event.report;
    }
  } finally {
    progress.end();
  }
  if (report === undefined) throw new Error('The smoothing ended without an answer.');
  return { report, model };
}
