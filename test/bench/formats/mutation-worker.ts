import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { memorySource } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { proposeChain } from '../../../core/formats/weights/chain/propose.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { bytesFor, elementCount, type Tensor } from '../../../core/network/tensor.ts';
import { UserError } from '../../../core/sentence.ts';
import { mutatedSample, type Sample } from './mutations.ts';
import { Random } from './random.ts';

export interface MutationTask {
  readonly files: readonly string[];
  readonly seconds: number;
  readonly first: number;
  /** Two numbers: the round that runs, and how many were read as models. */
  readonly progress: SharedArrayBuffer;
  /** Where a file that does harm is put. */
  readonly findings: string;
}

const tidyAbove = 2 ** 28;

/** Reads changed models until the time is over; the watchdog around it looks at the clock and the memory. */
async function main({ files, seconds, first, progress, findings }: MutationTask): Promise<void> {
  const samples = files.map(sampleAt);
  const counters = new Int32Array(progress);
  const end = performance.now() + seconds * 1000;
  for (let round = first; performance.now() < end; round++) {
    // A job of its own, as every opening of a file is: weak references and zlib hold on to what they were given until a job ends.
    await new Promise((resolve) => setImmediate(resolve));
    // What is left of earlier rounds is not what this one takes.
    if (process.memoryUsage.rss() > tidyAbove) globalThis.gc!();
    Atomics.store(counters, 0, round);
    const random = new Random(round);
    const sample = mutatedSample(random.pick(samples), random);
    try {
      use(sample);
      Atomics.add(counters, 1, 1);
    } catch (error) {
      if (error instanceof UserError && /\.$/u.test(error.message) && error.message.length < 1000) continue;
      writeFileSync(join(findings, `${round}-${sample.name}`), sample.bytes);
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort!.postMessage({ round, said: said.split('\n').slice(0, 6).join('\n') });
    }
  }
}

export function sampleAt(path: string): Sample {
  const beside = new Map<string, Uint8Array>();
  if (path.endsWith('.json')) {
    for (const name of readdirSync(dirname(path))) {
      const other = join(dirname(path), name);
      if (other !== path && statSync(other).isFile() && /\.(?:bin|safetensors|weights\.h5)$/u.test(name))
        beside.set(name, readFileSync(other));
    }
  }
  return { name: basename(path), bytes: readFileSync(path), beside };
}

/** What opening a model does: it is read, its layers' numbers are looked at, and it is written for ONNX Runtime or a chain is guessed. */
function use({ name, bytes, beside }: Sample): void {
  const network = readModel({
    source: memorySource(name, bytes),
    companion: (path) => {
      const content = beside.get(path);
      if (content === undefined) throw new UserError(`${path} is not beside ${name}.`);
      return memorySource(path, content);
    },
  });
  for (const { weight } of network.unconnected?.layers ?? []) look(weight);
  for (const tensor of network.constants.values()) look(tensor);
  if (network.unconnected === undefined) writeOnnx(network);
  else proposeChain(network.unconnected.layers);
}

/** The product looks at no tensor larger than the file is without need; broadcast ones may be. */
function look(tensor: Tensor): void {
  if (tensor.type !== 'string' && bytesFor(tensor.type, elementCount(tensor.shape)) < 2 ** 26) tensor.bytes();
}

await main(workerData as MutationTask);
