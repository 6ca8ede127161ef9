import * as tf from '@tensorflow/tfjs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { farthest, inputShapes, run, sampleInput } from '../run-network.ts';
import { fill, models } from './layers-models.ts';

let root = '';
beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  root = mkdtempSync(join(tmpdir(), 'tfjs-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test.each(Object.entries(models))('%s computes what TensorFlow.js computes', async (name, build) => {
  const model = build();
  fill(model);
  const folder = join(root, name);
  mkdirSync(folder);
  await model.save(tf.io.withSaveHandler((artifacts) => write(folder, artifacts)));
  using file = openModelFile(join(folder, 'model.json'));
  const network = readModel(file);
  const shapes = inputShapes(network);
  const feeds = shapes.map((shape, i) => sampleInput(shape, i, name === 'embedding' ? 11 : undefined));
  const predicted = model.predict(feeds.map((data, i) => tf.tensor(data, [...shapes[i]!])));
  const expected = Array.isArray(predicted) ? predicted : [predicted];
  const outputs = await run(network, feeds);
  expect(outputs.length).toBe(expected.length);
  expect(Math.max(...outputs.map((output, i) => farthest(output, expected[i]!.dataSync())))).toBeLessThan(1e-5);
  tf.disposeVariables();
});

/** As the browser's save handlers write it: the topology, and one file of weights beside it. */
function write(
  folder: string,
  { modelTopology, weightSpecs, weightData }: tf.io.ModelArtifacts,
): Promise<tf.io.SaveResult> {
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
  return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
}
