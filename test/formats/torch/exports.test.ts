import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';

const folder = join(import.meta.dirname, 'exports');
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Readonly<
  Record<string, { readonly inputs: readonly (readonly number[])[]; readonly outputs: readonly (readonly number[])[] }>
>;

async function outputsOf(name: string, inputs: readonly (readonly number[])[]): Promise<readonly Float32Array[]> {
  using file = openModelFile(join(folder, name));
  const network = readModel(file);
  expect(network.nodes.filter(({ domain }) => domain !== '').map(({ op }) => op)).toEqual([]);
  const session = await ort.InferenceSession.create(writeOnnx(network), { executionProviders: ['cpu'] });
  try {
    const feeds = network.inputs.map(({ name: input, shape }, i) => {
      const sizes = shape!.map((size) => (typeof size === 'number' ? size : 2));
      return [input, new ort.Tensor('float32', Float32Array.from(inputs[i]!), sizes)] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    return network.outputs.map((output) => results[output.name]!.data as Float32Array);
  } finally {
    await session.release();
  }
}

test.each(Object.entries(reference))('%s computes what PyTorch does, to 1e-5', async (name, { inputs, outputs }) => {
  const found = await outputsOf(name, inputs);
  expect(found.length).toBe(outputs.length);
  outputs.forEach((expected, at) => {
    expect(found[at]!.length).toBe(expected.length);
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(found[at]![i]! - value)), 0);
    expect(worst / scale).toBeLessThan(1e-5);
  });
});
