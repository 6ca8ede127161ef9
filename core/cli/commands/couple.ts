import type { Engine } from '../../compute/engine.ts';
import { noiseGrowth, type GrowthRequest } from '../../inspection/noise-growth.ts';
import { coupling } from '../../report/coupling.ts';
import { couplingText } from '../../report/coupling-text.ts';
import type { NoiseGrowth } from '../../report/noise-growth.ts';
import { RequestError } from '../../sentence.ts';
import { numberOf, questionOptions, readArguments, requestOf } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { runInspection } from '../run-inspection.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

export const coupleCommand: Command = {
  options: [...questionOptions, 'target', 'noise', 'data-scale'],
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
    const engine = await engineFor(request);
    const inspection = await runInspection(request, engine, signal);
    const view = coupling(inspection, question);
    const witness = inspection.lipschitz[inspection.norm]?.lower.witness;
    const asked = { ...request, noise: question.noise, seed: 0, ...(witness === undefined ? {} : { witness }) };
    const growth = inspection.graph === undefined ? undefined : await sampled(asked, engine, signal);
    const all = { ...view, ...(growth === undefined ? {} : { sampled: growth }) };
    if (values.json !== undefined) await writeOutput(values.json, `${JSON.stringify(all, undefined, 2)}\n`);
    if (values.json !== '-') process.stdout.write(`${couplingText(view, growth)}\n`);
    return exitCodes.done;
  },
};

/** Samples are an extra: a network that ONNX Runtime does not run has its bounds all the same. */
async function sampled(request: GrowthRequest, engine: Engine, signal: AbortSignal): Promise<NoiseGrowth | undefined> {
  try {
    return await noiseGrowth(request, engine, signal);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}
