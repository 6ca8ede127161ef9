import { expect, test } from 'vitest';
import { memorySource } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import type { Network } from '../../../core/network/network.ts';

/** A recurrent layer of one unit with a function that ONNX's recurrent layers do not have, over so many steps. */
function over(steps: number): Network {
  const config = { name: 'rnn', units: 1, activation: 'gelu', use_bias: false, batch_input_shape: [null, steps, 1] };
  const layers = [{ class_name: 'SimpleRNN', config }];
  const weights = ['rnn/kernel', 'rnn/recurrent_kernel'].map((name) => ({ name, shape: [1, 1], dtype: 'float32' }));
  const model = {
    format: 'layers-model',
    modelTopology: { model_config: { class_name: 'Sequential', config: { name: 'net', layers } } },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  return readModel({
    source: memorySource('model.json', new TextEncoder().encode(JSON.stringify(model))),
    companion: (path) => memorySource(path, new Uint8Array(8)),
  });
}

const untranslated = ({ nodes }: Network): readonly (string | undefined)[] =>
  nodes.flatMap(({ origin }) => origin.untranslated ?? []);

test('512 steps are written out one after the other, one more is named as not understood', () => {
  const whole = over(512);
  expect(untranslated(whole)).toEqual([]);
  expect(whole.nodes.filter(({ id }) => /step \d+\/stacked/u.test(id)).length).toBe(512);
  expect(untranslated(over(513))).toEqual([expect.stringContaining('513 steps, more than can be unrolled')]);
});
