import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memorySource } from '../../../core/formats/bytes.ts';
import { openHdf5, type Hdf5Object } from '../../../core/formats/hdf5/index.ts';
import { UserError } from '../../../core/sentence.ts';
import { processorSeconds } from '../../processor-seconds.ts';

/** All numbers of all arrays. */
function readAll(object: Hdf5Object): void {
  object.tensor?.('w').bytes();
  for (const member of object.members.values()) readAll(member);
}

test.each([
  ['cycle', /contains itself/u],
  ['ring', /contains itself/u],
  ['modern-cycle', /contains itself/u],
  ['soft-link', /a link "link" to another file or place, which is never followed/u],
  ['external-link', /a link "link" to another file or place, which is never followed/u],
  ['modern-external-link', /a link "link" to another file or place, which is never followed/u],
  ['external-data', /other files|another file|never/u],
  ['huge', /./u],
  ['huge-compressed', /./u],
  ['deep', /groups within groups/u],
  ['dense-group', /dense form/u],
])('an HDF5 file with %s is refused with one sentence, soon and in little memory', (name, sentence) => {
  const bytes = readFileSync(`test/formats/hdf5/hostile/${name}.h5`);
  const seconds = processorSeconds();
  const before = process.memoryUsage.rss();
  let said: unknown;
  try {
    readAll(openHdf5(memorySource(`${name}.h5`, bytes)));
  } catch (error) {
    said = error;
  }
  expect(said).toBeInstanceOf(UserError);
  expect((said as UserError).message).toMatch(sentence);
  expect((said as UserError).message).toMatch(/\.$/u);
  expect(seconds()).toBeLessThan(2);
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(200);
});
