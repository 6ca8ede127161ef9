import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { farthest, inputShapes, run, sampleInput } from '../run-network.ts';

const folder = 'test/formats/keras/models';
const references = JSON.parse(readFileSync(`${folder}/references.json`, 'utf8')) as Readonly<
  Record<string, readonly number[][]>
>;
const files = readdirSync(folder).filter((name) => !name.endsWith('.json'));

test.each(files)('%s computes what Keras computes', async (name) => {
  using file = openModelFile(`${folder}/${name}`);
  const network = readModel(file);
  const expected = references[name.replace(/\.\w+$/u, '')]!;
  const whole = name.startsWith('embedding') ? 11 : undefined;
  const outputs = await run(
    network,
    inputShapes(network).map((shape, i) => {
      const numbers = sampleInput(shape, i, whole);
      // Masks are truth values for Keras, and numbers here.
      return name === 'attention-masked.keras' && i > 1 ? numbers.map((number) => Number(number > -0.5)) : numbers;
    }),
  );
  expect(outputs.length).toBe(expected.length);
  expect(Math.max(...outputs.map((output, i) => farthest(output, expected[i]!)))).toBeLessThan(1e-5);
});

test.each(['net-trainer.keras', 'net-trainer.h5'])(
  '%s says on which condition a class of the user is its graph',
  (name) => {
    using file = openModelFile(`${folder}/${name}`);
    const condition = (model: string): string =>
      `"${model}" is a model of the class "Trainer", whose Python code is never run. It is read as the graph of layers that the file holds for it, which is what it computes unless the class has a \`call\` of its own.`;
    expect(readModel(file).notes).toEqual([condition('outer'), condition('inner')]);
  },
);
