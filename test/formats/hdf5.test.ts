import { readFileSync } from 'node:fs';
import * as h5wasm from 'h5wasm';
import { beforeAll, expect, test } from 'vitest';
import { memorySource } from '../../core/formats/bytes.ts';
import { openHdf5, type Hdf5Object } from '../../core/formats/hdf5/index.ts';
import { numbersOf } from '../../core/network/tensor.ts';

const files = ['older.h5', 'newer.h5'];
let module: Awaited<typeof h5wasm.ready>;

beforeAll(async () => {
  module = await h5wasm.ready;
});

/** All arrays of numbers, by path. */
function arrays(group: Hdf5Object): ReadonlyMap<string, Hdf5Object> {
  const found = new Map<string, Hdf5Object>();
  for (const member of group.members.values()) {
    if (member.tensor !== undefined) found.set(member.path, member);
    for (const [path, inner] of arrays(member)) found.set(path, inner);
  }
  return found;
}

test.each(files)('%s holds for us what it holds for the HDF5 library', (name) => {
  const bytes = readFileSync(`test/formats/hdf5/${name}`);
  module.FS.writeFile(name, bytes);
  const theirs = new h5wasm.File(name, 'r');
  const ours = arrays(openHdf5(memorySource(name, bytes)));
  expect(ours.size).toBe(7);
  for (const [path, object] of ours) {
    const tensor = object.tensor!(path);
    const dataset = theirs.get(path) as h5wasm.Dataset;
    expect([path, tensor.shape]).toEqual([path, dataset.shape]);
    expect([path, [...numbersOf(tensor)]]).toEqual([path, flat(dataset.to_array()).map(Number)]);
  }
  theirs.close();
});

const flat = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);

test.each(files)('the texts of %s are those that h5py wrote', (name) => {
  const { texts } = openHdf5(memorySource(name, readFileSync(`test/formats/hdf5/${name}`)));
  expect(texts.get('names')).toEqual(['alpha', 'béta']);
  expect(texts.get('bytes')).toEqual(['ab', 'cde']);
  expect(texts.get('long')).toEqual(['hello'.repeat(100)]);
});
