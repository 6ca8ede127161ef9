import { availableParallelism } from 'node:os';
import { measureProvider, publicModels } from './measure.ts';

/**
 * The measurement without a test runner, for machines with a GPU and little else: bundled into one file it needs Node and the
 * onnxruntime-node package only. Arguments: provider, folder of the public models, threads.
 */
const [provider = 'webgpu', models = publicModels, threads = String(Math.min(8, availableParallelism()))] =
  process.argv.slice(2);

for await (const figure of measureProvider(provider as 'webgpu', models, Number(threads)))
  process.stdout.write(`${JSON.stringify(figure)}\n`);
