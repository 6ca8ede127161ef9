import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../core/formats/json.ts';
import { noWeights } from '../../../core/formats/keras-layers/layer.ts';
import { networkOf } from '../../../core/formats/keras-layers/model.ts';
import type { Network } from '../../../core/network/network.ts';
import { run, sampleInput } from '../run-network.ts';

const input: JsonObject = {
  class_name: 'InputLayer',
  config: { name: 'x', batch_shape: [null, 3, 2] },
  inbound_nodes: [],
};

function model(layers: readonly JsonObject[], dialect: 'keras 2' | 'keras 3'): Network {
  const last = layers.at(-1)!['config'] as JsonObject;
  const config = { layers: [input, ...layers], input_layers: ['x', 0, 0], output_layers: [last['name']!, 0, 0] };
  return networkOf('keras', 'm.keras', { className: 'Functional', module: '', config, built: {} }, noWeights, dialect);
}

/** As Keras 2 writes tf.math.add(x, y) down: the first argument, and the others by name behind it. */
const ofTensorFlow = (name: string, path: string, called: Json, className = 'TFOpLambda'): JsonObject => ({
  class_name: className,
  config: { name, trainable: true, dtype: 'float32', function: path },
  inbound_nodes: [called],
});

/** The rows of x doubled, less 1, in the order of their columns. */
const prepared = [
  ofTensorFlow('twice', 'math.multiply', ['x', 0, 0, { y: 2, name: null }]),
  ofTensorFlow('less', 'math.subtract', [['twice', 0, 0, { y: 1, name: null }]]),
];

const ours = async (network: Network): Promise<readonly number[]> =>
  Array.from((await run(network, [sampleInput([1, 3, 2], 0)]))[0]!);

const x = Array.from(sampleInput([1, 3, 2], 0));

test('functions of TensorFlow that Keras 2 notes in a model are read with all their arguments', async () => {
  expect(await ours(model(prepared, 'keras 2'))).toEqual(x.map((number) => Math.fround(number * 2 - 1)));
  const reversed = ofTensorFlow('from two', 'math.subtract', ['_CONSTANT_VALUE', -1, 2, { y: ['x', 0, 0] }]);
  expect(await ours(model([reversed], 'keras 2'))).toEqual(x.map((number) => Math.fround(2 - number)));
  const sums = ofTensorFlow('sums', 'math.reduce_sum', ['x', 0, 0, { axis: -1, keepdims: false }]);
  expect(await ours(model([sums], 'keras 2'))).toEqual([0, 2, 4].map((i) => Math.fround(x[i]! + x[i + 1]!)));
  const joined = ofTensorFlow('joined', 'concat', [
    ['x', 0, 0, { axis: 1 }],
    ['twice', 0, 0, { axis: 1 }],
  ]);
  expect(await ours(model([prepared[0]!, joined], 'keras 2'))).toEqual([...x, ...x.map((number) => number * 2)]);
});

test('brackets that Keras 2 notes cut as numpy does', async () => {
  const spec = [{ start: null, stop: null, step: null }, -1];
  const cut = ofTensorFlow('cut', '__operators__.getitem', ['x', 0, 0, { slice_spec: spec }], 'SlicingOpLambda');
  expect(await ours(model([cut], 'keras 2'))).toEqual(x.slice(4));
});

const reasons = (network: Network): readonly string[] =>
  network.nodes.flatMap(({ origin }) => origin.untranslated ?? []);

const called = (className: string, args: Json[], config: JsonObject = {}): JsonObject => ({
  module: 'keras.src.ops.numpy',
  class_name: className,
  config: { name: 'f', ...config },
  inbound_nodes: [{ args, kwargs: {} }],
});

const tensor: JsonObject = {
  class_name: '__keras_tensor__',
  config: { shape: [null, 3, 2], keras_history: ['x', 0, 0] },
};

test('a function that is called as a layer is none, and its numbers count', async () => {
  expect(await ours(model([called('Multiply', [tensor, 3])], 'keras 3'))).toEqual(x.map((n) => Math.fround(n * 3)));
  // HDF5 files do not say where the class is from.
  const unsaid = Object.fromEntries(Object.entries(called('Add', [1, tensor])).filter(([key]) => key !== 'module'));
  expect(await ours(model([unsaid], 'keras 3'))).toEqual(x.map((number) => Math.fround(1 + number)));
});

test.each<[string, JsonObject, RegExp]>([
  ['unknown', called('Sinc', [tensor]), /function Sinc of keras.ops is not known/u],
  ['over the batch', called('Mean', [tensor], { axis: null }), /along the samples of a batch/u],
  ['cutting the batch', called('GetItem', [tensor, 0]), /along the samples of a batch/u],
  ['of text', called('Add', [tensor, 'one']), /neither a tensor nor numbers/u],
  ['of uneven rows', called('Add', [tensor, [[1, 2], [3]]]), /rows differ in length/u],
  ['of an axis beyond', called('Softmax', [tensor], { axis: 7 }), /axis 7 is none of the 3/u],
  [
    'of TensorFlow, unknown',
    ofTensorFlow('f', 'image.sobel_edges', ['x', 0, 0, {}]),
    /tf.image.sobel_edges of TensorFlow/u,
  ],
  ['without a name', ofTensorFlow('f', '', ['x', 0, 0, {}]), /function TFOpLambda of TensorFlow/u],
  ['without what it acts on', called('Exp', []), /what it acts on is not in the file/u],
])('a function %s is named with the reason', (_, layer, reason) => {
  expect(reasons(model([layer], layer['class_name'] === 'TFOpLambda' ? 'keras 2' : 'keras 3')).join()).toMatch(reason);
});

const dense = (settings: JsonObject): JsonObject => ({
  module: 'keras.layers',
  class_name: 'Dense',
  config: { name: 'dense', units: 2, ...settings },
  inbound_nodes: [{ args: [tensor], kwargs: {} }],
});

test('quantised layers are named, never read as if their weights were plain', () => {
  const policy = (mode: string): JsonObject => ({ dtype: { class_name: 'QuantizedDTypePolicy', config: { mode } } });
  expect(reasons(model([dense(policy('int8'))], 'keras 3')).join()).toMatch(/quantised to int8, and jumps/u);
  expect(reasons(model([dense(policy('int4/128'))], 'keras 3')).join()).toMatch(
    /quantised to int4, a form of weights/u,
  );
});

test('what code says twice of the same tensors is written once', () => {
  const again = (name: string): JsonObject => ({ ...called('Subtract', [tensor, 1]), config: { name } });
  const ofBoth = { ...tensor, config: { shape: [null, 3, 2], keras_history: ['first', 0, 0] } };
  const ofOther = { ...tensor, config: { shape: [null, 3, 2], keras_history: ['second', 0, 0] } };
  const network = model([again('first'), again('second'), called('Multiply', [ofBoth, ofOther])], 'keras 3');
  expect(network.nodes.map(({ op }) => op)).toEqual(['Sub', 'Mul']);
});
