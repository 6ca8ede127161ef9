import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { modelInMemory, openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { numbersOf, type Tensor } from '../../../core/network/tensor.ts';
import { zip } from '../zip/zip-bytes.ts';

const folder = join(import.meta.dirname, 'weights');
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, readonly number[]>>>
>;

/** Every weight as its layer uses it, and everything else as it stands in the file. */
function tensorsOf(name: string): ReadonlyMap<string, Float64Array> {
  using file = openModelFile(join(folder, name));
  const { constants, unconnected } = readModel(file);
  const tensors: (readonly [string, Tensor])[] = [
    ...constants,
    ...unconnected!.layers.map(({ id, weight }) => [id, weight] as const),
  ];
  return new Map(tensors.map(([id, tensor]) => [id, numbersOf(tensor)]));
}

test.each(Object.entries(reference))('%s gives the numbers that PyTorch has', (name, expected) => {
  const found = tensorsOf(name);
  for (const [id, values] of Object.entries(expected)) {
    const numbers = found.get(id);
    expect(numbers, id).toBeDefined();
    expect(numbers!.length, id).toBe(values.length);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
    values.forEach((value, i) => expect(Math.abs(numbers![i]! - value) / scale, `${id}[${i}]`).toBeLessThan(1e-6));
  }
});

test('the archive of an agent of Stable-Baselines3 is read as the state dict in it', () => {
  const data = new TextEncoder().encode('{}');
  const inside = { name: 'policy.pth', data: readFileSync(join(folder, 'state-dict.pth')) };
  for (const entry of [inside, { ...inside, deflate: 'deflate' as const }]) {
    const { unconnected, notes } = readModel(modelInMemory('ppo.zip', zip([{ name: 'data', data }, entry])));
    const weights = new Map(unconnected!.layers.map(({ id, weight }) => [id, numbersOf(weight)]));
    const expected = reference['state-dict.pth']!['fc1.weight']!;
    expect([...weights.get('fc1.weight')!].map((value) => Number(value.toPrecision(9)))).toEqual(expected);
    expect(notes![0]).toBe('The weights are those of policy.pth in ppo.zip: all networks of the agent.');
  }
});
