import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definitionOf } from '../../../core/formats/keras-layers/index.ts';
import { refusals } from '../../../core/formats/keras-layers/refused.ts';

/** The classes of keras.layers of Keras 3.15. */
const classes = readFileSync(join(import.meta.dirname, 'layer-names.txt'), 'utf8')
  .trim()
  .split('\n');

/** They only stand within recurrent layers, which read them. */
const cells = new Set(['GRUCell', 'LSTMCell', 'SimpleRNNCell', 'StackedRNNCells']);

test('every class of keras.layers is read, or named with the reason why not', () => {
  expect(classes.length).toBeGreaterThan(120);
  expect(classes.filter((name) => !definitionOf.has(name) && !refusals.has(name) && !cells.has(name))).toEqual([]);
});

test('nothing that is read is listed as refused', () => {
  expect([...refusals.keys()].filter((name) => definitionOf.has(name))).toEqual([]);
});
