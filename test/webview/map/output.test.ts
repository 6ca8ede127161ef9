import { expect, test } from 'vitest';
import { mapSubject } from '../../../core/report/map-subject.ts';
import { outputChoices, outputOf, outputSentence } from '../../../webview/map/map-output.ts';
import { residualCnn } from '../../report/fixtures/residual-cnn.ts';
import { ringMap } from '../../report/fixtures/ring-map.ts';

const last = residualCnn.layers.length - 1;
const inspection = {
  ...residualCnn,
  layers: residualCnn.layers.map((layer, i) => ({
    ...layer,
    tensor: i === last ? residualCnn.model.output : `t${i}`,
  })),
};
const [first, second] = [inspection.layers[0]!, inspection.layers[1]!];

test('the layer that gives the output is no other choice than the output', () => {
  const output = ['', 'the output logits'];
  expect(outputOf(inspection, inspection.layers[last]!)).toBeUndefined();
  expect(outputChoices(inspection, undefined, undefined)).toEqual([output]);
  expect(outputChoices(inspection, undefined, inspection.layers[last]!.id)).toEqual([output]);
  expect(outputChoices(inspection, undefined, first.id)).toEqual([output, ['t0', `${first.name} (selected)`]]);
  // What is chosen stands once, whether it is selected too or not.
  expect(outputChoices(inspection, 't0', first.id)).toEqual([output, ['t0', `${first.name} (selected)`]]);
  expect(outputChoices(inspection, 't0', second.id)).toEqual([
    output,
    ['t0', first.name],
    ['t1', `${second.name} (selected)`],
  ]);
  // A layer inside a composite gives no tensor of its own; a chosen one may be of a file that has changed.
  expect(outputChoices(residualCnn, 'gone', residualCnn.layers[0]!.id)).toEqual([output, ['gone', 'gone']]);
});

test('a map says up to where it goes, in the panel by layers and in files by tensors', () => {
  const map = (output: string): ReturnType<typeof ringMap> => ({
    ...ringMap(2, 2),
    model: { ...inspection.model, output },
  });
  expect(outputSentence(inspection, map('logits'))).toBe('From image to logits.');
  expect(outputSentence(inspection, map('t0'))).toBe(`From image to what ${first.name} gives, inside the network.`);
  expect(mapSubject(map('logits').model)).toBe(inspection.model.file);
  expect(mapSubject(map('t0').model)).toBe(`${inspection.model.file} up to t0`);
});
