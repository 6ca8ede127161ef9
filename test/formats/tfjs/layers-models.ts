import * as tf from '@tensorflow/tfjs';

/** One model of every kind of layer that TensorFlow.js has, and small networks of them, with random weights. */
const layers = tf.layers;

type Build = () => tf.LayersModel;

const row =
  (inputShape: number[], ...parts: readonly tf.layers.Layer[]): Build =>
  () =>
    functional([inputShape], ([x]) => parts.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x!));

function functional(
  shapes: readonly number[][],
  build: (inputs: tf.SymbolicTensor[]) => tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.LayersModel {
  const inputs = shapes.map((shape) => tf.input({ shape }));
  return tf.model({ inputs, outputs: build(inputs) });
}

const on = (layer: tf.layers.Layer, ...inputs: tf.SymbolicTensor[]): tf.SymbolicTensor =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tf.SymbolicTensor;

const of =
  (shape: number[], ...made: (() => tf.layers.Layer)[]): Build =>
  () =>
    functional([shape], ([x]) => made.map((make) => on(make(), x!)));

const sequence = [6, 4];
const image = [8, 7, 3];

export const models: Readonly<Record<string, Build>> = {
  dense: () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 6, activation: 'relu' }),
        layers.dense({ units: 4, activation: 'tanh', useBias: false }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    }),
  'dense rows': row([4, 5], layers.dense({ units: 3 }), layers.flatten(), layers.dense({ units: 2 })),
  activations: () =>
    functional([[6]], ([x]) =>
      (
        [
          'elu',
          'hardSigmoid',
          'linear',
          'relu',
          'relu6',
          'selu',
          'sigmoid',
          'softmax',
          'softplus',
          'softsign',
          'tanh',
          'swish',
          'mish',
          'gelu',
        ] as const
      ).map((activation) => on(layers.activation({ activation }), x!)),
    ),
  'relu layers': of(
    [5],
    () => layers.reLU(),
    () => layers.reLU({ maxValue: 0.5 }),
    () => layers.leakyReLU({ alpha: 0.2 }),
    () => layers.elu({ alpha: 1 }),
    () => layers.thresholdedReLU({ theta: 0.3 }),
  ),
  prelu: of([5, 3], () => layers.prelu()),
  softmax: of([5], () => layers.softmax()),
  conv1d: of(
    [11, 3],
    () => layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
    () => layers.conv1d({ filters: 2, kernelSize: 2, dilationRate: 2 }),
  ),
  conv2d: of(
    image,
    () => layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 3], padding: 'same', activation: 'relu' }),
    () => layers.conv2d({ filters: 2, kernelSize: 2, useBias: false }),
  ),
  'conv2d even': of([10, 7, 2], () => layers.conv2d({ filters: 3, kernelSize: 4, strides: 2, padding: 'same' })),
  'conv2d dilated': of(image, () => layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: 2, padding: 'same' })),
  'conv2d channels first': of([3, 8, 7], () => layers.zeroPadding2d({ padding: 1, dataFormat: 'channelsFirst' })),
  conv3d: of([5, 6, 4, 2], () => layers.conv3d({ filters: 3, kernelSize: [2, 3, 2], padding: 'same' })),
  depthwise: of(image, () =>
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: [2, 2], padding: 'same' }),
  ),
  separable: of(image, () =>
    layers.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  ),
  transposed: of(
    [4, 5, 3],
    () => layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
    () => layers.conv2dTranspose({ filters: 2, kernelSize: [4, 2], strides: [2, 3] }),
  ),
  'transposed 3d': of([3, 2, 4, 2], () =>
    layers.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2, padding: 'same' }),
  ),
  'pooling 1d': of(
    [11, 3],
    () => layers.maxPooling1d({ poolSize: 3, strides: 2, padding: 'same' }),
    () => layers.averagePooling1d({ poolSize: 2 }),
    () => layers.globalAveragePooling1d({}),
    () => layers.globalMaxPooling1d({}),
  ),
  'pooling 2d': of(
    [9, 8, 3],
    () => layers.maxPooling2d({ poolSize: [3, 2], padding: 'same' }),
    () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    () => layers.globalAveragePooling2d({}),
    () => layers.globalMaxPooling2d({}),
  ),
  'pooling 3d': of(
    [5, 6, 4, 2],
    () => layers.maxPooling3d({ poolSize: 2 }),
    () => layers.averagePooling3d({ poolSize: [2, 3, 2] }),
  ),
  'batch norm': row(
    [6, 5, 2],
    layers.conv2d({ filters: 3, kernelSize: 2 }),
    layers.batchNormalization(),
    layers.flatten(),
    layers.batchNormalization({ scale: false, center: false }),
  ),
  'layer norm': of(
    [4, 6],
    () => layers.layerNormalization(),
    () => layers.layerNormalization({ axis: [1, 2] }),
  ),
  dropout: row(
    [5],
    layers.dense({ units: 4 }),
    layers.dropout({ rate: 0.5 }),
    layers.gaussianNoise({ stddev: 0.1 }),
    layers.alphaDropout({ rate: 0.1 }),
    layers.gaussianDropout({ rate: 0.2 }),
  ),
  'spatial dropout': of([5, 3], () => layers.spatialDropout1d({ rate: 0.5 })),
  embedding: row([6], layers.embedding({ inputDim: 11, outputDim: 4 }), layers.flatten(), layers.dense({ units: 2 })),
  merging: () =>
    functional(
      [
        [4, 5],
        [4, 5],
      ],
      ([a, b]) => [
        on(layers.add(), a!, b!, a!),
        on(layers.average(), a!, b!),
        on(layers.multiply(), a!, b!),
        on(layers.maximum(), a!, b!),
        on(layers.minimum(), a!, b!),
        on(layers.concatenate({ axis: 1 }), a!, b!),
        on(layers.concatenate(), a!, b!),
      ],
    ),
  dot: () => functional([[5], [5]], ([a, b]) => on(layers.dot({ axes: 1 }), a!, b!)),
  'dot rows': () =>
    functional(
      [
        [4, 5],
        [3, 5],
      ],
      ([a, b]) => on(layers.dot({ axes: 2 }), a!, b!),
    ),
  reshape: of(
    [4, 6],
    () => layers.reshape({ targetShape: [3, 8] }),
    () => layers.reshape({ targetShape: [2, -1] }),
    () => layers.permute({ dims: [2, 1] }),
    () => layers.flatten(),
  ),
  repeat: of([5], () => layers.repeatVector({ n: 3 })),
  padding: of(
    [5, 6, 2],
    () =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    () =>
      layers.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
  ),
  'up sampling': of(
    [5, 6, 2],
    () => layers.upSampling2d({ size: [2, 3] }),
    () => layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' }),
  ),
  rescaling: of([5, 3], () => layers.rescaling({ scale: 1 / 127.5, offset: -1 })),
  'simple rnn': of(
    sequence,
    () => layers.simpleRNN({ units: 3 }),
    () => layers.simpleRNN({ units: 3, returnSequences: true, activation: 'relu' }),
  ),
  lstm: of(
    sequence,
    () => layers.lstm({ units: 3 }),
    () => layers.lstm({ units: 3, returnSequences: true, recurrentActivation: 'sigmoid' }),
  ),
  gru: of(
    sequence,
    () => layers.gru({ units: 3 }),
    () => layers.gru({ units: 2, returnSequences: true, recurrentActivation: 'sigmoid' }),
  ),
  'go backwards': of(sequence, () => layers.lstm({ units: 3, goBackwards: true })),
  'stacked cells': of(sequence, () =>
    layers.rnn({
      cell: [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 2 })],
      returnSequences: true,
    }),
  ),
  'conv lstm': of([3, 6, 5, 2], () => layers.convLstm2d({ filters: 2, kernelSize: 3, padding: 'same' })),
  bidirectional: of(
    sequence,
    () => layers.bidirectional({ layer: layers.lstm({ units: 3 }), mergeMode: 'concat' }),
    () => layers.bidirectional({ layer: layers.gru({ units: 3, returnSequences: true }), mergeMode: 'sum' }),
  ),
  'time distributed': row(
    [4, 6, 5, 2],
    layers.timeDistributed({ layer: layers.conv2d({ filters: 3, kernelSize: 2 }) }),
    layers.timeDistributed({ layer: layers.flatten() }),
    layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
  ),
  'residual network': () =>
    functional([[7, 6, 3]], ([x]) => {
      const y = on(layers.batchNormalization(), on(layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }), x!));
      const sum = on(layers.add(), on(layers.conv2d({ filters: 4, kernelSize: 1 }), x!), on(layers.reLU(), y));
      return on(layers.dense({ units: 3, activation: 'softmax' }), on(layers.globalAveragePooling2d({}), sum));
    }),
  'shared layers': () =>
    functional([[6], [6]], ([a, b]) => {
      const tower = layers.dense({ units: 6, activation: 'tanh' });
      return on(layers.average(), on(tower, a!), on(tower, on(tower, b!)));
    }),
  'nested models': () => {
    const inner = tf.sequential({
      layers: [layers.dense({ inputShape: [5], units: 4, activation: 'relu' }), layers.dense({ units: 5 })],
    });
    const block = functional([[5]], ([x]) => on(layers.add(), x!, on(inner, x!)));
    return tf.sequential({
      layers: [layers.dense({ inputShape: [3], units: 5 }), block, layers.dense({ units: 2 })],
    });
  },
  'model that begins with a model': () => {
    const base = tf.sequential({
      layers: [layers.conv2d({ inputShape: [6, 5, 2], filters: 3, kernelSize: 2, activation: 'relu' })],
    });
    return tf.sequential({ layers: [base, layers.flatten(), layers.dense({ units: 2 })] });
  },
  'small convolutional network': () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [9, 9, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.depthwiseConv2d({ kernelSize: 2, padding: 'same' }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
    }),
};

/** Random weights, the same every time; variances are positive. */
export function fill(model: tf.LayersModel): void {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  model.setWeights(
    model.weights.map((weight) => {
      const count = weight.shape.reduce<number>((product, size) => product * size!, 1);
      const positive = /variance|gamma/u.test(weight.name);
      const numbers = Float32Array.from({ length: count }, () => (positive ? 0.5 + random() : 1.4 * random() - 0.7));
      return tf.tensor(numbers, weight.shape as number[]);
    }),
  );
}
