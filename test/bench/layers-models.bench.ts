import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { memorySource } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import type { Network } from '../../core/network/network.ts';
import { UserError } from '../../core/sentence.ts';
import { farthest, inputShapes, run, sampleInput } from '../formats/run-network.ts';
import { rounded } from '../formats/tfjs/rounded-weights.ts';
import { printTable } from './figures.ts';
import { cases, type Case } from './formats/layers-models.ts';

const closeEnough = 1e-5;

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

/** Numbers that keep the size of what passes through, so that no output saturates and hides what is wrong before it. */
function fill(model: tf.LayersModel): void {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (const weight of model.weights) {
    const sizes = weight.shape as number[];
    const count = sizes.reduce((product, size) => product * size, 1);
    const spread = sizes.length < 2 ? 0.5 : 1.7 / Math.sqrt(count / sizes.at(-1)!);
    const positive = /variance|gamma/u.test(weight.originalName);
    const number = (): number => (positive ? 0.5 + random() : spread * (2 * random() - 1));
    weight.write(tf.tensor(Float32Array.from({ length: count }, number), sizes));
  }
}

interface Saved {
  readonly json: Uint8Array;
  readonly weights: Uint8Array<ArrayBuffer>;
  readonly model: tf.LayersModel;
}

async function saved(model: tf.LayersModel, kind: Case['quantised']): Promise<Saved> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler((given) => {
      artifacts = given;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
  const { modelTopology, weightSpecs = [], weightData } = artifacts!;
  const parts = kind === undefined ? [] : model.getWeights().map((weight) => rounded(weight.dataSync() as Float32Array, kind)); // prettier-ignore
  const specs = weightSpecs.map((spec, i) => ({ ...spec, ...(kind && { quantization: parts[i]!.quantization }) }));
  const weights = new Uint8Array(kind === undefined ? (weightData as ArrayBuffer) : Buffer.concat(parts.map(({ bytes }) => bytes))); // prettier-ignore
  const weightsManifest = [{ paths: ['weights.bin'], weights: specs }];
  const json = new TextEncoder().encode(JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
  if (kind === undefined) return { json, weights, model };
  const load = { modelTopology, weightSpecs: specs as tf.io.WeightsManifestEntry[], weightData: weights.buffer };
  return { json, weights, model: await tf.loadLayersModel({ load: () => Promise.resolve(load) } as tf.io.IOHandler) };
}

const namedIn = ({ nodes }: Network): readonly string[] =>
  nodes.flatMap(({ id, origin }) => (origin.untranslated === undefined ? [] : [`${id}: ${origin.untranslated}`]));

/** The distance between TensorFlow.js's outputs and ours, or the sentence that names what is not understood. */
async function compared({ build, words, quantised }: Case): Promise<number | string> {
  const built = build();
  fill(built);
  const { json, weights, model } = await saved(built, quantised);
  const network = readModel({
    source: memorySource('model.json', json),
    companion: (path) => memorySource(path, weights),
  });
  const named = namedIn(network);
  if (named.length > 0) return named.join('; ');
  const shapes = inputShapes(network);
  const feeds = shapes.map((shape, i) => sampleInput(shape, i, words));
  const predicted = model.predict(feeds.map((data, i) => tf.tensor(data, [...shapes[i]!])));
  const expected = Array.isArray(predicted) ? predicted : [predicted];
  const outputs = await run(network, feeds);
  if (outputs.length !== expected.length) return `${outputs.length} outputs instead of ${expected.length}`;
  return Math.max(...outputs.map((output, i) => farthest(output, expected[i]!.dataSync())));
}

/** What jumps, or is another map in Keras than in TensorFlow.js, so that it must be named. */
const meantToBeNamed = new Set(['masked steps that are used', 'masked words', 'depthwise, dilated']);

test('layers models as people write them compute what TensorFlow.js computes', async () => {
  const rows: string[][] = [];
  const wrong: string[] = [];
  let [equal, largest] = [0, 0];
  for (const [name, one] of Object.entries(cases)) {
    const answer = await compared(one).catch((error: unknown) => {
      const { message } = error as Error;
      return error instanceof UserError ? message : `FAILED: ${message}`;
    });
    tf.disposeVariables();
    if (typeof answer === 'number' && answer < closeEnough) {
      equal++;
      largest = Math.max(largest, answer);
      continue;
    }
    rows.push([name, typeof answer === 'number' ? `${answer.toExponential(1)} apart` : answer]);
    if (typeof answer === 'number' || !meantToBeNamed.has(name)) wrong.push(name);
  }
  printTable(
    `${Object.keys(cases).length} layers models of TensorFlow.js ${tf.version_core}: ${equal} equal, at most ${largest.toExponential(1)} apart`,
    ['the others', ''],
    rows,
  );
  expect(wrong).toEqual([]);
});
