import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { memorySource } from '../../../core/formats/bytes.ts';
import type { ModelFile } from '../../../core/formats/format.ts';
import { readModel } from '../../../core/formats/index.ts';
import { UserError } from '../../../core/sentence.ts';
import { farthest, run, sampleInput } from '../run-network.ts';
import { fill } from './layers-models.ts';
import { rounded, type Kind } from './rounded-weights.ts';

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

interface Saved {
  readonly topology: tf.io.ModelArtifacts['modelTopology'];
  readonly specs: tf.io.WeightsManifestEntry[];
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A model with its weights rounded as tensorflowjs_converter's --quantize options round them. */
async function saved(kind: Kind | undefined): Promise<Saved> {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [7, 6, 2], filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4 }),
    ],
  });
  fill(model);
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler((given) => {
      artifacts = given;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
  const { modelTopology: topology, weightSpecs = [] } = artifacts!;
  const parts = model.getWeights().map((weight) => rounded(weight.dataSync() as Float32Array, kind));
  const specs = weightSpecs.map((spec, i) => ({
    ...spec,
    ...(parts[i]!.quantization === undefined ? {} : { quantization: parts[i]!.quantization }),
  }));
  return {
    topology,
    specs: specs as tf.io.WeightsManifestEntry[],
    data: new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes))),
  };
}

/** The weights cut into files of these many bytes, as the converter cuts them: anywhere, also within a tensor. */
function filesOf({ topology, specs, data }: Saved, shard: number): ModelFile & { readonly reads: string[] } {
  const paths = Array.from({ length: Math.ceil(data.length / shard) }, (_, i) => `group1-shard${i + 1}.bin`);
  const json = JSON.stringify({
    format: 'layers-model',
    modelTopology: topology,
    weightsManifest: [{ paths, weights: specs }],
  });
  const reads: string[] = [];
  return {
    reads,
    source: memorySource('model.json', new TextEncoder().encode(json)),
    companion(path) {
      const at = paths.indexOf(path) * shard;
      const source = memorySource(path, data.subarray(at, at + shard));
      return { ...source, read: (offset, length) => (reads.push(path), source.read(offset, length)) };
    },
  };
}

test.each([undefined, 'uint8', 'uint16', 'float16'] as const)(
  'weights stored as %s in many files are the numbers that TensorFlow.js computes with',
  async (kind) => {
    const model = await saved(kind);
    const { topology, specs, data } = model;
    const theirs = await tf.loadLayersModel({
      load: () => Promise.resolve({ modelTopology: topology, weightSpecs: specs, weightData: data.buffer }),
    } as tf.io.IOHandler);
    const x = sampleInput([1, 7, 6, 2], 0);
    const expected = (theirs.predict(tf.tensor(x, [1, 7, 6, 2])) as tf.Tensor).dataSync();
    for (const shard of [data.length, 101, 64]) {
      const [output] = await run(readModel(filesOf(model, shard)), [x]);
      expect(farthest(output!, expected)).toBeLessThan(1e-5);
    }
  },
);

test('numbers are read when somebody looks at them, not before', async () => {
  const file = filesOf(await saved(undefined), 200);
  const network = readModel(file);
  expect(file.reads).toEqual([]);
  for (const tensor of network.constants.values()) tensor.bytes();
  expect(new Set(file.reads).size).toBeGreaterThan(3);
});

test('a file of weights that is too short, or lies elsewhere, costs one sentence', async () => {
  const model = await saved(undefined);
  const short = filesOf({ ...model, data: model.data.slice(0, -8) }, 200);
  const read = (): unknown => [...readModel(short).constants.values()].map((tensor) => tensor.bytes());
  expect(read).toThrow(UserError);
  expect(read).toThrow(/have only \d+: copy them again/u);
});
