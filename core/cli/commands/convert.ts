import { basename, extname, resolve } from 'node:path';
import type { Engine } from '../../compute/engine.ts';
import { openModelFile } from '../../formats/bytes.ts';
import { readModel } from '../../formats/index.ts';
import { writeOnnx } from '../../formats/onnx/write.ts';
import type { Network } from '../../network/network.ts';
import { elementCount, isFloating } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { readArguments } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

/** Writes any model with a graph as ONNX, and runs what was written. */
export const convertCommand: Command = {
  options: ['verbose', 'help'],
  async run(args, engineFor) {
    const { positionals } = readArguments(args, convertCommand.options);
    const [from, to, ...more] = positionals.filter((word) => word !== '->');
    if (from === undefined || to === undefined || more.length > 0 || extname(to) !== '.onnx')
      throw new UsageError('Name a model and the file to write: lipschitz convert MODEL OUT.onnx');
    if (resolve(from) === resolve(to))
      throw new UsageError('The model would be written over itself: name another file.');
    using file = openModelFile(resolve(from));
    const network = readModel(file);
    const foreign = network.nodes.find(({ origin }) => origin.untranslated !== undefined);
    if (foreign !== undefined) {
      throw new UserError(
        `${basename(from)} cannot be written as ONNX: at ${foreign.id} (${foreign.op}), ${foreign.origin.untranslated!}.`,
      );
    }
    const bytes = writeOnnx(network);
    const checked = await tried(network, bytes, await engineFor({ provider: 'cpu', threads: 0 }));
    await writeOutput(to, bytes);
    const size = `${network.nodes.length} nodes, ${(bytes.length / 1e6).toFixed(1)} MB`;
    process.stdout.write(`${basename(from)} (${network.format}) written to ${to}: ${size}. ${checked}\n`);
    return exitCodes.done;
  },
};

/** Runs the written file at the middle of its input space: what ONNX Runtime refuses is not worth writing. */
async function tried(network: Network, bytes: Uint8Array, engine: Engine): Promise<string> {
  const feeds = network.inputs.map(({ name, type, shape }) => {
    const sizes = shape?.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : undefined));
    return { name, type, sizes };
  });
  const fixed = feeds.every(({ sizes, type }) => sizes !== undefined && !sizes.includes(undefined) && isFloating(type));
  if (!fixed) return 'It was not run: a size of its input is free, or its input is not of decimals.';
  const session = await engine.open(bytes, 'cpu');
  try {
    const values = Object.fromEntries(
      feeds.map(({ name, sizes }) => {
        const shape = sizes as readonly number[];
        const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i + 1) / 2);
        return [name, { type: 'float32' as const, shape, data }];
      }),
    );
    const results = await session.run(values);
    const shapes = network.outputs.map(({ name }) => `${name} [${results[name]!.shape.join(', ')}]`);
    return `It was run once and gave ${shapes.join(', ')}.`;
  } finally {
    await session.dispose();
  }
}
