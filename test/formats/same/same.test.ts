import * as tf from '@tensorflow/tfjs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import { runInspection } from '../../../core/cli/run-inspection.ts';

const models = resolve('test/formats/same/models');
let engine: Engine;
let folder = '';

beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'same-'));
  await saveByTensorFlowJs();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await engine.dispose();
});

/** TensorFlow.js's own layers model of the same network. */
async function saveByTensorFlowJs(): Promise<void> {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 2, strides: 2, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, activation: 'relu' }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const weights = JSON.parse(readFileSync(join(models, 'weights.json'), 'utf8')) as {
    shape: number[];
    values: number[];
  }[];
  model.setWeights(weights.map(({ shape, values }) => tf.tensor(values, shape)));
  await model.save(
    tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      writeFileSync(
        join(folder, 'model.json'),
        JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
      );
      writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
}

async function intervalOf(file: string, norm: Norm): Promise<readonly [number, number]> {
  const request = { ...defaultRequest(file), norm, budgetSeconds: 60, threads: 1 };
  const { lipschitz } = await runInspection(request, engine, new AbortController().signal);
  const { lower, upper } = lipschitz[norm]!;
  return [lower.value, upper.value ?? Number.POSITIVE_INFINITY];
}

test.each(norms)(
  'one network has the same interval in %s through every format',
  async (norm) => {
    const [low, high] = await intervalOf(join(models, 'net.onnx'), norm);
    expect(high - low).toBeLessThan(1e-5 * high);
    for (const file of ['net.pt2', 'net.keras', 'net.h5', 'tfjs-graph/model.json'].map((name) => join(models, name))) {
      const [lower, upper] = await intervalOf(file, norm);
      expect([file, Math.abs(lower - low) < 1e-6 * high, Math.abs(upper - high) < 1e-6 * high]).toEqual([
        file,
        true,
        true,
      ]);
    }
    const [lower, upper] = await intervalOf(join(folder, 'model.json'), norm);
    expect(Math.abs(lower - low)).toBeLessThan(1e-6 * high);
    expect(Math.abs(upper - high)).toBeLessThan(1e-6 * high);
  },
  400_000,
);
