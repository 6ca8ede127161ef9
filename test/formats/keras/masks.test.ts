import { expect, test } from 'vitest';
import { networkOf } from '../../../core/formats/keras-layers/model.ts';
import { noWeights } from '../../../core/formats/keras-layers/layer.ts';
import type { JsonObject } from '../../../core/formats/json.ts';

const tensor = (layer: string): JsonObject => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 3, 2], keras_history: [layer, 0, 0] },
});

const numbers = (value: number[][]): JsonObject => ({ class_name: '__numpy__', config: { value, dtype: 'bool' } });

/** Why the one layer of a model is not understood, undefined where it is. */
function reason(className: string, args: JsonObject[], kwargs: JsonObject): string | undefined {
  const input: JsonObject = {
    class_name: 'InputLayer',
    config: { name: 'x', batch_shape: [null, 3, 2] },
    inbound_nodes: [],
  };
  const layer: JsonObject = {
    class_name: className,
    module: 'keras.layers',
    config: { name: 'layer' },
    inbound_nodes: [{ args, kwargs }],
  };
  const config = { layers: [input, layer], input_layers: ['x', 0, 0], output_layers: ['layer', 0, 0] };
  const network = networkOf(
    'keras',
    'm.keras',
    { className: 'Functional', module: '', config, built: {} },
    noWeights,
    'keras 3',
  );
  const [node] = network.nodes.flatMap(({ origin }) => origin.untranslated ?? []);
  return node;
}

const x = tensor('x');

test('a mask that a layer is given is followed or named, never left out', () => {
  expect(reason('Softmax', [x], {})).toBeUndefined();
  expect(reason('Softmax', [x], { mask: numbers([[1, 0]]) })).toMatch(/given a mask \(mask\)/u);
  expect(reason('Softmax', [x, x], {})).toMatch(/given a mask/u);
  expect(reason('GlobalAveragePooling1D', [x], { mask: x })).toMatch(/given a mask \(mask\)/u);
  expect(reason('GlobalAveragePooling1D', [x], { mask: null })).toBeUndefined();
  expect(reason('Attention', [x, x], { mask: [x, x] })).toMatch(/value_mask has 3 axes/u);
  expect(reason('Attention', [x, x], { mask: [numbers([[1, 0, 1]]), null] })).toMatch(/mask of its query is an array/u);
  expect(reason('Attention', [x, x], { use_causal_mask: true })).toBeUndefined();
  expect(reason('MultiHeadAttention', [x, x], { query_mask: x })).toMatch(/given a mask \(query_mask\)/u);
});

/** Why layers after one that marks steps are not understood, by their names. */
function reasonsAfterMasking(classes: readonly string[], marking: JsonObject = {}): readonly string[] {
  const names = classes.map((_, i) => `layer ${i}`);
  const layers = [
    { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 3, 2] }, inbound_nodes: [] },
    {
      class_name: 'Masking',
      module: 'keras.layers',
      config: { name: 'marks', ...marking },
      inbound_nodes: [{ args: [x], kwargs: {} }],
    },
    ...classes.map((className, i): JsonObject => ({
      class_name: className,
      module: 'keras.layers',
      config: { name: names[i]!, axis: -1, target_shape: [3, 2] },
      inbound_nodes: [{ args: [tensor(i === 0 ? 'marks' : names[i - 1]!)], kwargs: {} }],
    })),
  ];
  const config = { layers, input_layers: ['x', 0, 0], output_layers: [names.at(-1)!, 0, 0] };
  const model = { className: 'Functional', module: '', config, built: {} };
  return networkOf('keras', 'm.keras', model, noWeights, 'keras 3').nodes.flatMap(
    ({ origin }) => origin.untranslated ?? [],
  );
}

test('marks of steps reach the layers that use them, through those that hand them on', () => {
  expect(reasonsAfterMasking(['ReLU', 'Add', 'Softmax'])[0]).toMatch(/skips the steps that "marks" marks/u);
  expect(reasonsAfterMasking(['Dropout', 'GlobalAveragePooling1D'])[0]).toMatch(/skips the steps/u);
  expect(reasonsAfterMasking(['Identity', 'Attention'])[0]).toMatch(/skips the steps/u);
});

test('marks that no layer uses change nothing', () => {
  expect(reasonsAfterMasking(['ReLU', 'GlobalMaxPooling1D'])).toEqual([]);
  expect(reasonsAfterMasking(['Reshape', 'Softmax'])).toEqual([]);
});

test('steps that equal another number than 0 become zeros at once, which jumps', () => {
  expect(reasonsAfterMasking(['ReLU'], { mask_value: 5 })[0]).toMatch(/another value than 0/u);
});
