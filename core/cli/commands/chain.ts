import { basename } from 'node:path';
import { chainJson } from '../../formats/weights/chain/chain.ts';
import { proposeChain } from '../../formats/weights/chain/propose.ts';
import { openNetwork } from '../../inspection/open-model.ts';
import { UserError } from '../../sentence.ts';
import { readArguments } from '../arguments.ts';
import { chainOfSource } from '../chain-of-source.ts';
import { writeOutput } from '../output.ts';
import { exitCodes, UsageError } from '../usage.ts';
import type { Command } from './command.ts';

/** Proposes how the layers of weights without a graph follow one another, to be edited and given to `inspect --chain`. */
export const chainCommand: Command = {
  options: ['source', 'out', 'verbose', 'help'],
  async run(args) {
    const { values, positionals } = readArguments(args, chainCommand.options);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one file of weights: lipschitz chain WEIGHTS.');
    using opened = openNetwork({ file });
    const { unconnected } = opened.network;
    const name = basename(file);
    if (unconnected === undefined)
      throw new UserError(`${name} has a graph of its own, so nothing has to be guessed: lipschitz inspect ${name}.`);
    const chain =
      values.source === undefined
        ? proposeChain(unconnected.layers)
        : await chainOfSource(values.source, name, unconnected.layers);
    if (chain === undefined) {
      throw new UserError(
        `No order of the ${unconnected.layers.length} layers of ${name} fits their sizes, so it is no chain, or not all of its layers are known: name the code that defines it (--source NET.py), or export the network with torch.export or to ONNX.`,
      );
    }
    await writeOutput(values.out ?? '-', chainJson(chain));
    process.stderr.write(
      `This is ${chain.basis}. Read it, mend it, then: lipschitz inspect ${name} --chain ${values.out === undefined || values.out === '-' ? 'CHAIN.json' : basename(values.out)}\n`,
    );
    return exitCodes.done;
  },
};
