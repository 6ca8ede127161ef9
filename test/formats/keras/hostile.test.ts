import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { StoredWeights } from '../../../core/formats/keras/stored-weights.ts';
import { sizesOf } from '../../../core/formats/keras-layers/calls.ts';
import { readModel } from '../../../core/formats/index.ts';
import { UserError } from '../../../core/sentence.ts';
import { processorSeconds } from '../../processor-seconds.ts';

const folder = 'test/formats/keras/models';
const files = ['dense.h5', 'net-nested.h5', 'dense.keras', 'net-nested.keras'];

/** The promise: it is read, or refused with one sentence, soon. */
function readOrRefuse(name: string, bytes: Uint8Array): void {
  const seconds = processorSeconds();
  try {
    for (const tensor of readModel(modelInMemory(name, bytes)).constants.values()) tensor.bytes();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/\.$/u);
    expect(error.message.length).toBeLessThan(700);
  }
  expect(seconds()).toBeLessThan(2);
}

test.each(files)('%s with bytes changed is read, or refused with a sentence', (name) => {
  const bytes = readFileSync(`${folder}/${name}`);
  let seed = 11;
  const next = (below: number): number => {
    seed = (seed * 16807) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 150; round++) {
    const changed = Uint8Array.from(bytes);
    for (let i = 0; i <= next(8); i++) changed[next(changed.length)] = [0, 1, 127, 255, next(256)][next(5)]!;
    readOrRefuse(name, next(9) === 0 ? changed.subarray(0, next(changed.length)) : changed);
  }
});

/** The file with the address of one object's header replaced by that of the group it lies in. */
test('a group that contains itself is refused', () => {
  const bytes = Uint8Array.from(readFileSync(`${folder}/dense.h5`));
  const view = new DataView(bytes.buffer);
  const root = view.getUint32(64, true);
  const text = Buffer.from(bytes).indexOf('SNOD');
  // The first entry of the first list of symbols: name offset, then the address of its header.
  view.setUint32(text + 16, root, true);
  expect(() => readModel(modelInMemory('m.h5', bytes))).toThrow(/contains itself/u);
});

test('classes named like members of Object have no weights, and sizes beyond all numbers are none', () => {
  const layers = ['constructor', 'toString', '__proto__'].map((className) => ({ className, name: 'x' }));
  expect(new StoredWeights(undefined).members('layers', layers)).toHaveLength(3);
  expect(sizesOf([null, 1e300])).toBeUndefined();
});
