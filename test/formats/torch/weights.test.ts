import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { numbersOf, type Tensor } from '../../../core/network/tensor.ts';

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
