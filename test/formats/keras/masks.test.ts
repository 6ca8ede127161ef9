import { expect, test } from 'vitest';
import { networkOf } from '../../../core/formats/keras-layers/model.ts';
import type { LayerWeights } from '../../../core/formats/keras-layers/layer.ts';
import type { JsonObject } from '../../../core/formats/json.ts';

const noWeights: LayerWeights = {
  own: () => undefined,
  inside: () => noWeights,
  members: (_, layers) => layers.map(() => noWeights),
};

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
  const layer: JsonObject = { class_name: className, config: { name: 'layer' }, inbound_nodes: [{ args, kwargs }] };
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
  expect(reason('Attention', [x, x], { mask: [x, x] })).toMatch(/given a mask \(mask\)/u);
  expect(reason('Attention', [x, x], { use_causal_mask: true })).toBeUndefined();
  expect(reason('MultiHeadAttention', [x, x], { query_mask: x })).toMatch(/given a mask \(query_mask\)/u);
});
