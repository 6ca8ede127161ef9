import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { translationOf } from '../../../core/formats/torch/export/operators/index.ts';
import { reasonOf, reasons } from '../../../core/formats/torch/export/operators/refused.ts';

/** The operators that torch 2.13 tags as core (torch.Tag.core), by their names without overload. */
const core = readFileSync(join(import.meta.dirname, 'core-aten.txt'), 'utf8')
  .trim()
  .split('\n');

test('every operator of the core set of ATen is read, or named with the reason why not', () => {
  expect(core.length).toBeGreaterThan(160);
  expect(core.filter((name) => translationOf(`aten.${name}`) === undefined && reasonOf(`aten.${name}`) === '')).toEqual(
    [],
  );
});

test('nothing that is read is listed as refused', () => {
  const refused = reasons.flatMap(({ ops }) => ops);
  expect(refused.filter((name) => translationOf(`aten.${name}`) !== undefined)).toEqual([]);
});
