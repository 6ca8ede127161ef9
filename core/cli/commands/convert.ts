import { basename, extname, resolve } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import { openModelFile } from '../../formats/bytes.ts';
import { readModel } from '../../formats/index.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network } from '../../network/network.ts';
import { checkConversion } from '../../inspection/conversion-check.ts';
import { UserError } from '../../sentence.ts';
import { readArguments } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

/** Writes any model with a graph as ONNX, runs what was written and compares it with what was read. */
export const convertCommand: Command = {
  options: ['verbose', 'help'],
  async run(args, engineFor, signal) {
    const { positionals } = readArguments(args, convertCommand.options);
    const [from, to, ...more] = positionals.filter((word) => word !== '->');
    if (from === undefined || to === undefined || more.length > 0 || extname(to) !== '.onnx')
      throw new UsageError('Name a model and the file to write: lipschitz convert MODEL OUT.onnx');
    if (resolve(from) === resolve(to))
      throw new UsageError('The model would be written over itself: name another file.');
    using file = openModelFile(resolve(from));
    const network = readModel(file);
    if (network.outputs.length === 0) {
      throw new UserError(
        `${basename(from)} holds weights and no graph, so there is no network to write: export the model with torch.export or to ONNX.`,
      );
    }
    const foreign = network.nodes.find(({ origin }) => origin.untranslated !== undefined);
    if (foreign !== undefined) {
      throw new UserError(
        `${basename(from)} cannot be written as ONNX: at ${foreign.id} (${foreign.op}), ${foreign.origin.untranslated!}.`,
      );
    }
    const bytes = writeOnnx(network);
    const checked = await tried(
      network,
      bytes,
      await engineFor({ provider: 'cpu', threads: 0 }),
      basename(from),
      signal,
    );
    await writeOutput(to, bytes);
    const size = `${network.nodes.length} nodes, ${(bytes.length / 1e6).toFixed(1)} MB`;
    process.stdout.write(`${basename(from)} (${network.format}) written to ${to}: ${size}. ${checked}\n`);
    return exitCodes.done;
  },
};

/** Float32 sums of long rows are off by less; a wrong axis or padding by more. */
const mostDifference = 1e-2;

/** Runs what was written and compares it with what was read: a file that computes something else is not written. */
async function tried(
  network: Network,
  bytes: Uint8Array,
  engine: Engine,
  from: string,
  signal: AbortSignal,
): Promise<string> {
  const checked = await checkConversion(network, bytes, engine, signal);
  if (typeof checked === 'string') return `It was not compared with the reading: ${checked.replace(/\.$/u, '')}.`;
  const { largestDifference, points, moved, outputs } = checked;
  if (!(largestDifference <= mostDifference))
    throw new UserError(
      `${from} is not written: ONNX Runtime makes numbers of it that are ${largestDifference.toPrecision(2)} away from those of our own reading, which is an error of ours.`,
    );
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
  return `It was run at ${points} points and gave ${shapes.join(', ')}${moved ? '' : ', the same numbers at each'}; the largest difference from our own reading in doubles is ${largestDifference.toPrecision(2)}.`;
}
