import * as tf from '@tensorflow/tfjs';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import type { Network } from '../../../core/network/network.ts';
import { farthest, run, sampleInput } from '../run-network.ts';

const folder = 'test/formats/tfjs/graphs';
const references = JSON.parse(readFileSync(`${folder}/references.json`, 'utf8')) as Readonly<
  Record<string, readonly number[][]>
>;
const names = readdirSync(folder).filter((name) => name !== 'references.json');

/**
 * TensorFlow.js 4.22 takes the lower band of MatrixBandPart for the upper one as well (op_list/matrices.js); here TensorFlow is right. It does not
 * know Erfc, in which TensorFlow 2.21 writes GELU.
 */
const wrongInJs: ReadonlySet<string> = new Set(['band-part', 'error-function']);

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

test('there is a reference for every model', () => {
  expect(names.toSorted()).toEqual(Object.keys(references).toSorted());
  expect(names.length).toBeGreaterThanOrEqual(40);
});

test.each(names)('%s computes what TensorFlow and TensorFlow.js compute', async (name) => {
  using file = openModelFile(`${folder}/${name}/model.json`);
  const network = readModel(file);
  expect(network.nodes.filter(({ origin }) => origin.untranslated !== undefined)).toEqual([]);
  const shapes = shapesOf(network);
  const feeds = shapes.map((shape, i) => sampleInput(shape, i));
  const outputs = await run(network, feeds, shapes);
  const expected = references[name]!;
  expect(outputs.length).toBe(expected.length);
  expect(outputs.map((output, i) => [i, farthest(output, expected[i]!) < 1e-5])).toEqual(
    outputs.map((_, i) => [i, true]),
  );
  if (wrongInJs.has(name)) return;
  const oracle = await byTensorFlowJs(name, network, feeds, shapes);
  expect(Math.max(...outputs.map((output, i) => farthest(output, oracle[i]!)))).toBeLessThan(1e-5);
});

/** Of free sizes the tests take 1 for the batch, and 9. */
const shapesOf = ({ inputs }: Network): readonly (readonly number[])[] =>
  inputs.map(({ shape }) => shape!.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : 9)));

async function byTensorFlowJs(
  name: string,
  network: Network,
  feeds: readonly Float32Array[],
  shapes: readonly (readonly number[])[],
): Promise<readonly ArrayLike<number>[]> {
  const json = JSON.parse(readFileSync(`${folder}/${name}/model.json`, 'utf8')) as tf.io.ModelJSON & {
    signature: { outputs: Record<string, { name: string }> };
  };
  const bytes = readFileSync(`${folder}/${name}/group1-shard1of1.bin`);
  const model = await tf.loadGraphModel({
    load: () =>
      Promise.resolve({
        ...json,
        weightSpecs: json.weightsManifest[0]!.weights,
        weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      }),
  });
  const given = Object.fromEntries(
    network.inputs.map((input, i) => [input.name, tf.tensor(feeds[i]!, [...shapes[i]!])]),
  );
  const asked = Object.values(json.signature.outputs).map((output) => output.name);
  const results = await model.executeAsync(given, asked);
  const values = (Array.isArray(results) ? results : [results]).map((result) => result.dataSync());
  model.dispose();
  return values;
}
