import * as tf from '@tensorflow/tfjs';

/** Models of TensorFlow.js as tutorials, its examples and applications write them: small, with the settings that people change. */
const layers = tf.layers;

export interface Case {
  readonly build: () => tf.LayersModel;
  /** Inputs are words below this number instead of real numbers. */
  readonly words?: number;
  /** Weights are stored rounded to this type, and TensorFlow.js reads them back itself. */
  readonly quantised?: 'uint8' | 'uint16' | 'float16';
}

type Layer = tf.layers.Layer;
type Tensor = tf.SymbolicTensor;

const sequential = (...list: Layer[]): tf.LayersModel => tf.sequential({ layers: list });
const on = (layer: Layer, ...inputs: Tensor[]): Tensor =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;
const through = (x: Tensor, ...list: Layer[]): Tensor => list.reduce((y, layer) => on(layer, y), x);

function functional(shapes: readonly number[][], build: (...inputs: Tensor[]) => Tensor | Tensor[]): tf.LayersModel {
  const inputs = shapes.map((shape) => tf.input({ shape }));
  return tf.model({ inputs, outputs: build(...inputs) });
}

/** Every layer of the list on one input, each an output. */
const each = (shape: number[], ...list: (() => Layer)[]): tf.LayersModel =>
  functional([shape], (x) => list.map((make) => on(make(), x)));

const paddings = ['valid', 'same'] as const;

export const cases: Readonly<Record<string, Case>> = {
  // tfjs-examples
  iris: {
    build: () =>
      sequential(
        layers.dense({ inputShape: [4], units: 10, activation: 'sigmoid' }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ),
  },
  'mnist convnet': {
    build: () =>
      sequential(
        layers.conv2d({ inputShape: [28, 28, 1], kernelSize: 3, filters: 16, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2, strides: 2 }),
        layers.conv2d({ kernelSize: 3, filters: 32, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2, strides: 2 }),
        layers.conv2d({ kernelSize: 3, filters: 32, activation: 'relu' }),
        layers.flatten({}),
        layers.dense({ units: 64, activation: 'relu' }),
        layers.dense({ units: 10, activation: 'softmax' }),
      ),
  },
  'mnist convnet of the codelab': {
    build: () =>
      sequential(
        layers.conv2d({ inputShape: [28, 28, 1], kernelSize: 5, filters: 8, strides: 1, activation: 'relu', kernelInitializer: 'varianceScaling' }), // prettier-ignore
        layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }),
        layers.conv2d({ kernelSize: 5, filters: 16, strides: 1, activation: 'relu', kernelInitializer: 'varianceScaling' }), // prettier-ignore
        layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }),
        layers.flatten(),
        layers.dense({ units: 10, kernelInitializer: 'varianceScaling', activation: 'softmax' }),
      ),
  },
  'fashion mnist vae encoder': {
    build: () =>
      functional([[784]], (x) => {
        const hidden = on(layers.dense({ units: 32, activation: 'relu' }), x);
        return [on(layers.dense({ units: 2, name: 'z_mean' }), hidden), on(layers.dense({ units: 2 }), hidden)];
      }),
  },
  'fashion mnist vae decoder': {
    build: () =>
      functional([[2]], (x) =>
        through(
          x,
          layers.dense({ units: 32, activation: 'relu' }),
          layers.dense({ units: 784, activation: 'sigmoid' }),
        ),
      ),
  },
  'acgan generator': {
    build: () =>
      functional([[20], [20]], (noise, code) =>
        through(
          on(layers.multiply(), noise, code),
          layers.dense({ units: 3 * 3 * 24, activation: 'relu' }),
          layers.reshape({ targetShape: [3, 3, 24] }),
          layers.conv2dTranspose({ filters: 12, kernelSize: 5, strides: 1, padding: 'valid', activation: 'relu', kernelInitializer: 'glorotNormal' }), // prettier-ignore
          layers.batchNormalization(),
          layers.conv2dTranspose({ filters: 8, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu' }),
          layers.batchNormalization(),
          layers.conv2dTranspose({ filters: 1, kernelSize: 5, strides: 2, padding: 'same', activation: 'tanh' }),
        ),
      ),
  },
  'acgan discriminator': {
    build: () =>
      functional([[28, 28, 1]], (x) => {
        const features = through(
          x,
          layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same', strides: 2 }),
          layers.leakyReLU({ alpha: 0.2 }),
          layers.dropout({ rate: 0.3 }),
          layers.conv2d({ filters: 12, kernelSize: 3, padding: 'same', strides: 1 }),
          layers.leakyReLU({ alpha: 0.2 }),
          layers.dropout({ rate: 0.3 }),
          layers.flatten(),
        );
        return [
          on(layers.dense({ units: 1, activation: 'sigmoid' }), features),
          on(layers.dense({ units: 10, activation: 'softmax' }), features),
        ];
      }),
  },
  'sentiment cnn': {
    words: 50,
    build: () =>
      sequential(
        layers.embedding({ inputDim: 50, outputDim: 16, inputLength: 20 }),
        layers.dropout({ rate: 0.5 }),
        layers.conv1d({ filters: 25, kernelSize: 5, strides: 1, padding: 'valid', activation: 'relu' }),
        layers.globalMaxPool1d({}),
        layers.dense({ units: 25, activation: 'relu' }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'sentiment lstm': {
    words: 50,
    build: () =>
      sequential(
        layers.embedding({ inputDim: 50, outputDim: 8, inputLength: 15 }),
        layers.lstm({ units: 8, returnSequences: false }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'sentiment flatten': {
    words: 50,
    build: () =>
      sequential(
        layers.embedding({ inputDim: 50, outputDim: 8, inputLength: 15 }),
        layers.flatten(),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'sentiment two-way': {
    words: 50,
    build: () =>
      sequential(
        layers.embedding({ inputDim: 50, outputDim: 8, inputLength: 12 }),
        layers.bidirectional({ layer: layers.lstm({ units: 6 }), mergeMode: 'concat' }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'jena weather gru': {
    build: () =>
      sequential(
        layers.gru({ units: 32, inputShape: [24, 14], dropout: 0.1, recurrentDropout: 0.2 }),
        layers.dense({ units: 1 }),
      ),
  },
  'jena weather linear': {
    build: () => sequential(layers.flatten({ inputShape: [24, 14] }), layers.dense({ units: 1 })),
  },
  'jena weather mlp': {
    build: () =>
      sequential(
        layers.flatten({ inputShape: [24, 14] }),
        layers.dense({ units: 32, kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }), activation: 'relu' }),
        layers.dropout({ rate: 0.25 }),
        layers.dense({ units: 1 }),
      ),
  },
  'jena weather simple rnn': {
    build: () => sequential(layers.simpleRNN({ units: 32, inputShape: [24, 14] }), layers.dense({ units: 1 })),
  },
  'addition rnn': {
    build: () =>
      sequential(
        layers.lstm({ units: 16, recurrentInitializer: 'glorotNormal', inputShape: [5, 12] }),
        layers.repeatVector({ n: 3 }),
        layers.lstm({ units: 16, recurrentInitializer: 'glorotNormal', returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 12 }) }),
        layers.activation({ activation: 'softmax' }),
      ),
  },
  'addition simple rnn': {
    build: () =>
      sequential(
        layers.simpleRNN({ units: 16, inputShape: [5, 12] }),
        layers.repeatVector({ n: 3 }),
        layers.simpleRNN({ units: 16, returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 12 }) }),
        layers.activation({ activation: 'softmax' }),
      ),
  },
  'addition gru': {
    build: () =>
      sequential(
        layers.gru({ units: 16, inputShape: [5, 12] }),
        layers.repeatVector({ n: 3 }),
        layers.gru({ units: 16, returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 12, activation: 'softmax' }) }),
      ),
  },
  'lstm text generation': {
    build: () =>
      sequential(
        layers.lstm({ units: 12, returnSequences: true, inputShape: [10, 20] }),
        layers.lstm({ units: 12, returnSequences: false }),
        layers.dense({ units: 20, activation: 'softmax' }),
      ),
  },
  'webcam transfer head': {
    build: () =>
      sequential(
        layers.flatten({ inputShape: [7, 7, 32] }),
        layers.dense({ units: 30, activation: 'relu', kernelInitializer: 'varianceScaling', useBias: true }),
        layers.dense({ units: 4, kernelInitializer: 'varianceScaling', useBias: false, activation: 'softmax' }),
      ),
  },
  'transfer learning, cut at an inner layer': {
    build: () => {
      const base = sequential(
        layers.conv2d({ inputShape: [16, 16, 3], filters: 6, kernelSize: 3, strides: 2, padding: 'same', useBias: false }), // prettier-ignore
        layers.batchNormalization(),
        layers.reLU({ maxValue: 6 }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false }),
        layers.batchNormalization(),
        layers.reLU({ maxValue: 6, name: 'conv_pw_13_relu' }),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: 10 }),
      );
      const cut = tf.model({ inputs: base.inputs, outputs: base.getLayer('conv_pw_13_relu').output });
      return tf.model({
        inputs: cut.inputs,
        outputs: through(cut.output as Tensor, layers.flatten(), layers.dense({ units: 3, activation: 'softmax' })),
      });
    },
  },
  'transfer learning, base as a layer': {
    build: () => {
      const base = sequential(
        layers.conv2d({ inputShape: [12, 12, 3], filters: 6, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
      );
      base.trainable = false;
      return tf.sequential({ layers: [base, layers.flatten(), layers.dense({ units: 5 })] });
    },
  },
  'cart-pole policy': {
    build: () =>
      sequential(layers.dense({ inputShape: [4], units: 128, activation: 'elu' }), layers.dense({ units: 1 })),
  },
  'pong policy': {
    build: () =>
      sequential(
        layers.dense({ inputShape: [400], units: 100, activation: 'relu' }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'snake dqn': {
    build: () =>
      sequential(
        layers.conv2d({ filters: 16, kernelSize: 3, strides: 1, activation: 'relu', inputShape: [9, 9, 2] }),
        layers.batchNormalization(),
        layers.conv2d({ filters: 24, kernelSize: 3, strides: 1, activation: 'relu' }),
        layers.batchNormalization(),
        layers.conv2d({ filters: 24, kernelSize: 3, strides: 1, activation: 'relu' }),
        layers.flatten(),
        layers.dense({ units: 50, activation: 'relu' }),
        layers.dropout({ rate: 0.25 }),
        layers.dense({ units: 3 }),
      ),
  },
  'boston housing': {
    build: () =>
      sequential(
        layers.dense({ inputShape: [12], units: 50, activation: 'sigmoid', kernelInitializer: 'leCunNormal' }),
        layers.dense({ units: 50, activation: 'sigmoid', kernelInitializer: 'leCunNormal' }),
        layers.dense({ units: 1 }),
      ),
  },
  'website phishing': {
    build: () =>
      sequential(
        layers.dense({ inputShape: [30], units: 100, activation: 'sigmoid' }),
        layers.dense({ units: 100, activation: 'sigmoid' }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },
  'baseball pitches': {
    build: () =>
      sequential(
        layers.dense({ units: 25, activation: 'relu', inputShape: [8] }),
        layers.dense({ units: 17, activation: 'relu' }),
        layers.dense({ units: 7, activation: 'softmax' }),
      ),
  },
  'simple object detection': {
    build: () => {
      const truncated = sequential(
        layers.conv2d({ inputShape: [20, 20, 3], filters: 8, kernelSize: 3, strides: 2, padding: 'same' }),
        layers.batchNormalization({ epsilon: 0.001 }),
        layers.activation({ activation: 'relu6' }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', strides: 2, depthMultiplier: 1 }),
      );
      const head = sequential(
        layers.flatten({ inputShape: truncated.outputShape.slice(1) as number[] }),
        layers.dense({ units: 20, activation: 'relu' }),
        layers.dense({ units: 5 }),
      );
      return tf.model({ inputs: truncated.inputs, outputs: head.apply(truncated.outputs[0]!) as Tensor });
    },
  },
  'speech commands': {
    build: () =>
      sequential(
        layers.conv2d({ filters: 8, kernelSize: [2, 8], activation: 'relu', inputShape: [43, 30, 1] }),
        layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }),
        layers.conv2d({ filters: 12, kernelSize: [2, 4], activation: 'relu' }),
        layers.maxPooling2d({ poolSize: [2, 2], strides: [1, 2] }),
        layers.flatten(),
        layers.dropout({ rate: 0.25 }),
        layers.dense({ units: 32, activation: 'relu' }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 20, activation: 'softmax' }),
      ),
  },
  'date conversion attention': {
    words: 30,
    build: () => {
      const encoderIn = tf.input({ shape: [8] });
      const decoderIn = tf.input({ shape: [6] });
      const encoded = on(
        layers.lstm({ units: 10, returnSequences: true }),
        on(layers.embedding({ inputDim: 30, outputDim: 10, inputLength: 8 }), encoderIn),
      );
      const decoded = on(
        layers.lstm({ units: 10, returnSequences: true }),
        on(layers.embedding({ inputDim: 30, outputDim: 10, inputLength: 6 }), decoderIn),
      );
      const scores = on(layers.dot({ axes: [2, 2] }), decoded, encoded);
      const attention = on(layers.activation({ activation: 'softmax' }), scores);
      const context = on(layers.dot({ axes: [2, 1] }), attention, encoded);
      const joined = on(layers.concatenate(), context, decoded);
      const outputs = through(
        joined,
        layers.timeDistributed({ layer: layers.dense({ units: 10, activation: 'tanh' }) }),
        layers.timeDistributed({ layer: layers.dense({ units: 12, activation: 'softmax' }) }),
      );
      return tf.model({ inputs: [encoderIn, decoderIn], outputs });
    },
  },
  'translation encoder and decoder with states': {
    build: () =>
      functional(
        [
          [5, 9],
          [4, 8],
        ],
        (a, b) => {
          const [, h, c] = layers.lstm({ units: 6, returnState: true }).apply(a) as Tensor[];
          const decoder = layers.lstm({ units: 6, returnSequences: true, returnState: true });
          const [decoded] = decoder.apply(b, { initialState: [h!, c!] }) as Tensor[];
          return on(layers.dense({ units: 8, activation: 'softmax' }), decoded!);
        },
      ),
  },
  'quantised mnist, uint8': {
    quantised: 'uint8',
    build: () =>
      sequential(
        layers.conv2d({ inputShape: [12, 12, 1], filters: 8, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 6, activation: 'softmax' }),
      ),
  },
  'quantised housing, uint16': {
    quantised: 'uint16',
    build: () => sequential(layers.dense({ inputShape: [12], units: 20, activation: 'relu' }), layers.dense({ units: 1 })), // prettier-ignore
  },
  'quantised recurrent, float16': {
    quantised: 'float16',
    build: () => sequential(layers.lstm({ units: 6, inputShape: [7, 4] }), layers.dense({ units: 3 })),
  },
  'quantised separable, uint8': {
    quantised: 'uint8',
    build: () =>
      sequential(
        layers.separableConv2d({ inputShape: [9, 8, 3], filters: 5, kernelSize: 3, padding: 'same' }),
        layers.batchNormalization(),
        layers.activation({ activation: 'swish' }),
        layers.globalAveragePooling2d({}),
      ),
  },

  // Convolutions with every padding, format, stride and dilation that TensorFlow.js computes
  'conv2d paddings and strides': {
    build: () =>
      each(
        [11, 10, 3],
        ...paddings.flatMap((padding) =>
          [1, 2, 3].flatMap((strides) =>
            [2, 3, 5].map((kernelSize) => () => layers.conv2d({ filters: 2, kernelSize, strides, padding })),
          ),
        ),
      ),
  },
  'conv2d dilations': {
    build: () =>
      each(
        [13, 12, 2],
        ...paddings.flatMap((padding) =>
          [2, 3, [1, 2], [3, 1]].map(
            (dilationRate) => () =>
              layers.conv2d({ filters: 3, kernelSize: [3, 2], dilationRate: dilationRate as number, padding }),
          ),
        ),
      ),
  },
  'conv2d channels first': {
    build: () =>
      each(
        [3, 9, 8],
        ...paddings.map(
          (padding) => () =>
            layers.conv2d({ filters: 4, kernelSize: 3, strides: [2, 1], padding, dataFormat: 'channelsFirst' }),
        ),
      ),
  },
  'conv1d paddings': {
    build: () =>
      each(
        [14, 3],
        ...paddings.flatMap((padding) =>
          [1, 2].map(
            (dilationRate) => () =>
              layers.conv1d({ filters: 4, kernelSize: 3, padding, dilationRate, activation: 'tanh' }),
          ),
        ),
        () => layers.conv1d({ filters: 4, kernelSize: 3, strides: 3, padding: 'same' }),
      ),
  },
  'conv3d paddings': {
    build: () =>
      each(
        [6, 5, 7, 2],
        () => layers.conv3d({ filters: 3, kernelSize: [2, 3, 2], strides: [2, 1, 2], padding: 'same' }),
        () => layers.conv3d({ filters: 2, kernelSize: 3, strides: 2, padding: 'valid', activation: 'relu' }),
      ),
  },
  'depthwise paddings': {
    build: () =>
      each(
        [11, 9, 3],
        ...paddings.flatMap((padding) =>
          [1, 2].flatMap((strides) =>
            [1, 3].map(
              (depthMultiplier) => () =>
                layers.depthwiseConv2d({ kernelSize: [3, 4], strides, padding, depthMultiplier }),
            ),
          ),
        ),
        () => layers.depthwiseConv2d({ kernelSize: 3, useBias: false, activation: 'relu6' }),
      ),
  },
  'depthwise, dilated': {
    build: () => each([11, 9, 3], () => layers.depthwiseConv2d({ kernelSize: 3, dilationRate: 2, padding: 'same' })),
  },
  'depthwise channels first': {
    build: () =>
      each([3, 9, 8], () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, dataFormat: 'channelsFirst' })),
  },
  'separable paddings': {
    build: () =>
      each(
        [10, 9, 3],
        ...paddings.flatMap((padding) =>
          [1, 2].map(
            (strides) => () =>
            layers.separableConv2d({ filters: 4, kernelSize: 3, strides, padding, depthMultiplier: 2, activation: 'relu' }), // prettier-ignore
          ),
        ),
        () => layers.separableConv2d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: 'same', useBias: false }),
      ),
  },
  'transposed paddings': {
    build: () =>
      each(
        [5, 4, 3],
        ...paddings.flatMap((padding) =>
          [1, 2, 3].flatMap((strides) =>
            [2, 3, 4].map((kernelSize) => () => layers.conv2dTranspose({ filters: 2, kernelSize, strides, padding })),
          ),
        ),
      ),
  },
  'transposed channels first': {
    build: () =>
      each([3, 5, 4], () =>
        layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', dataFormat: 'channelsFirst' }),
      ),
  },
  'transposed 3d paddings': {
    build: () =>
      each(
        [3, 4, 3, 2],
        ...paddings.flatMap((padding) =>
          [1, 2].map((strides) => () => layers.conv3dTranspose({ filters: 2, kernelSize: 3, strides, padding })),
        ),
      ),
  },
  'pooling paddings': {
    build: () =>
      each(
        [11, 10, 3],
        ...paddings.flatMap((padding) =>
          [1, 2, 3].flatMap((strides) => [
            () => layers.maxPooling2d({ poolSize: [3, 2], strides, padding }),
            () => layers.averagePooling2d({ poolSize: [3, 2], strides, padding }),
          ]),
        ),
      ),
  },
  'pooling channels first': {
    build: () =>
      each(
        [3, 9, 8],
        () => layers.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }),
        () => layers.averagePooling2d({ poolSize: 3, padding: 'same', dataFormat: 'channelsFirst' }),
        () => layers.globalAveragePooling2d({ dataFormat: 'channelsFirst' }),
        () => layers.globalMaxPooling2d({ dataFormat: 'channelsFirst' }),
      ),
  },
  'pooling 1d and 3d': {
    build: () =>
      functional(
        [
          [13, 3],
          [6, 5, 7, 2],
        ],
        (a, b) => [
          on(layers.maxPooling1d({ poolSize: 3, padding: 'same' }), a),
          on(layers.averagePooling1d({ poolSize: 4, strides: 2, padding: 'same' }), a),
          on(layers.averagePooling1d({ poolSize: 2, strides: 3 }), a),
          on(layers.maxPooling3d({ poolSize: 2, strides: 1, padding: 'same' }), b),
          on(layers.averagePooling3d({ poolSize: [3, 2, 2], strides: 2, padding: 'same' }), b),
        ],
      ),
  },
  'up sampling and margins': {
    build: () =>
      each(
        [4, 5, 3],
        () => layers.upSampling2d({ size: [2, 2] }),
        () => layers.upSampling2d({ size: [3, 2], interpolation: 'bilinear' }),
        () => layers.zeroPadding2d({ padding: 1 }),
        () => layers.zeroPadding2d({ padding: [2, 1] }),
        () => layers.cropping2D({ cropping: [[1, 1], [0, 2]] }), // prettier-ignore
      ),
  },
  'up sampling and cropping, channels first': {
    build: () =>
      each(
        [3, 4, 5],
        () => layers.upSampling2d({ size: [2, 3], dataFormat: 'channelsFirst' }),
        () => layers.cropping2D({ cropping: [[1, 1], [0, 2]], dataFormat: 'channelsFirst' }), // prettier-ignore
      ),
  },
  'center crop and rescaling': {
    build: () =>
      each(
        [9, 8, 3],
        () => layers.centerCrop({ height: 4, width: 5 }),
        () => layers.rescaling({ scale: 1 / 255, offset: -0.5 }),
      ),
  },

  // Activations
  'activations in dense layers': {
    build: () =>
      each(
        [6],
        ...(
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
            'gelu_new',
          ] as const
        ).map(
          // prettier-ignore
          (activation) => () => layers.dense({ units: 5, activation: activation }),
        ),
      ),
  },
  'activations over images': {
    build: () =>
      each(
        [4, 3, 5],
        () => layers.softmax({ axis: -1 }),
        () => layers.activation({ activation: 'softmax' }),
        () => layers.elu(),
        () => layers.leakyReLU(),
        () => layers.prelu(),
        () => layers.prelu({ sharedAxes: [1, 2] }),
        () => layers.reLU({ maxValue: 2 }),
        () => layers.thresholdedReLU(),
      ),
  },

  // Normalisation. Along other axes than the last, TensorFlow.js on the processor does not spread the means: Keras is the measure there.
  'batch normalisation of rows and images': {
    build: () =>
      functional(
        [
          [6, 4],
          [3, 4, 5],
        ],
        (a, b) => [
          on(layers.batchNormalization(), a),
          on(layers.batchNormalization({ epsilon: 0.1, scale: false }), a),
          on(layers.batchNormalization({ center: false, momentum: 0.9 }), b),
        ],
      ),
  },
  'layer normalisation': {
    build: () =>
      each(
        [5, 6],
        () => layers.layerNormalization({ epsilon: 1e-3 }),
        () => layers.layerNormalization({ axis: -1, center: false }),
        () => layers.layerNormalization({ axis: [1, 2], scale: false }),
      ),
  },

  // Recurrent layers
  'stacked lstm with everything changed': {
    build: () =>
      sequential(
        layers.lstm({ units: 7, inputShape: [8, 3], returnSequences: true, unitForgetBias: false, recurrentActivation: 'sigmoid' }), // prettier-ignore
        layers.dropout({ rate: 0.2 }),
        layers.lstm({ units: 5, returnSequences: true, activation: 'relu', useBias: false }),
        layers.lstm({ units: 4, goBackwards: true, implementation: 2 }),
        layers.dense({ units: 2 }),
      ),
  },
  'gru after and before': {
    build: () =>
      each(
        [7, 4],
        () => layers.gru({ units: 3, recurrentActivation: 'hardSigmoid' }),
        () => layers.gru({ units: 3, recurrentActivation: 'sigmoid', useBias: false }),
        () => layers.gru({ units: 3, goBackwards: true, returnSequences: true, activation: 'elu' }),
        () => layers.gru({ units: 3, implementation: 2, unroll: true }),
      ),
  },
  'simple rnn activations': {
    build: () =>
      each(
        [7, 4],
        ...(['tanh', 'relu', 'sigmoid', 'elu', 'softsign', 'linear'] as const).map(
          (activation) => () => layers.simpleRNN({ units: 3, activation, returnSequences: true }),
        ),
      ),
  },
  'states of recurrent layers': {
    build: () =>
      functional([[5, 4]], (x) => [
        ...(layers.lstm({ units: 3, returnState: true }).apply(x) as Tensor[]),
        ...(layers.gru({ units: 3, returnState: true, returnSequences: true }).apply(x) as Tensor[]),
      ]),
  },
  'two-way merges': {
    build: () =>
      each(
        [6, 4],
        ...(['concat', 'sum', 'mul', 'ave'] as const).flatMap((mergeMode) =>
          [true, false].map(
            (returnSequences) => () =>
              layers.bidirectional({ layer: layers.gru({ units: 3, returnSequences }), mergeMode }),
          ),
        ),
      ),
  },
  'two-way apart': {
    build: () =>
      functional([[6, 4]], (x) => {
        const both = layers.bidirectional({
          layer: layers.lstm({ units: 3, returnSequences: true }),
          mergeMode: null as unknown as 'sum',
        });
        return both.apply(x) as Tensor[];
      }),
  },
  'cells in an rnn': {
    build: () =>
      each(
        [6, 4],
        () => layers.rnn({ cell: layers.simpleRNNCell({ units: 3 }), returnSequences: true }),
        () => layers.rnn({ cell: layers.lstmCell({ units: 3 }) }),
        () => layers.rnn({ cell: layers.stackedRNNCells({ cells: [layers.gruCell({ units: 3 }), layers.lstmCell({ units: 5 })] }) }), // prettier-ignore
      ),
  },
  'convolutional lstm': {
    build: () =>
      sequential(
        layers.convLstm2d({ inputShape: [4, 7, 6, 2], filters: 3, kernelSize: 3, padding: 'same', returnSequences: true }), // prettier-ignore
        layers.convLstm2d({ filters: 2, kernelSize: [2, 3], strides: 1, padding: 'valid' }),
      ),
  },
  'frames through a network': {
    build: () =>
      sequential(
        layers.timeDistributed({ layer: layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }), inputShape: [3, 9, 8, 1] }), // prettier-ignore
        layers.timeDistributed({ layer: layers.maxPooling2d({ poolSize: 2 }) }),
        layers.timeDistributed({ layer: layers.batchNormalization() }),
        layers.timeDistributed({ layer: layers.flatten() }),
        layers.lstm({ units: 5 }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ),
  },
  'masked steps that are used': {
    build: () =>
      sequential(
        layers.masking({ maskValue: 0, inputShape: [6, 3] }),
        layers.lstm({ units: 4 }),
        layers.dense({ units: 1 }),
      ),
  },
  'masked steps that nobody uses': {
    build: () =>
      sequential(layers.masking({ maskValue: 0, inputShape: [6, 3] }), layers.flatten(), layers.dense({ units: 2 })),
  },
  'masked words': {
    words: 20,
    build: () =>
      sequential(
        layers.embedding({ inputDim: 20, outputDim: 6, maskZero: true, inputLength: 7 }),
        layers.gru({ units: 4 }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ),
  },

  // Functional models
  'residual blocks': {
    build: () =>
      functional([[10, 9, 3]], (x) => {
        const block = (input: Tensor, filters: number, strides: number): Tensor => {
          const main = through(
            input,
            layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias: false }),
            layers.batchNormalization(),
            layers.activation({ activation: 'relu' }),
            layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false }),
            layers.batchNormalization(),
          );
          const short = strides === 1 ? input : on(layers.conv2d({ filters, kernelSize: 1, strides }), input);
          return on(layers.activation({ activation: 'relu' }), on(layers.add(), main, short));
        };
        return through(
          block(block(on(layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same' }), x), 6, 1), 8, 2),
          layers.globalAveragePooling2d({}),
          layers.dense({ units: 4, activation: 'softmax' }),
        );
      }),
  },
  'u-net': {
    build: () =>
      functional([[12, 16, 1]], (x) => {
        const conv = (filters: number): Layer =>
          layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' });
        const a = through(x, conv(4), conv(4));
        const b = through(a, layers.maxPooling2d({ poolSize: 2 }), conv(8));
        const c = through(b, layers.maxPooling2d({ poolSize: 2 }), conv(12), layers.dropout({ rate: 0.5 }));
        const d = on(conv(8), on(layers.concatenate({ axis: 3 }), on(layers.upSampling2d({ size: [2, 2] }), c), b));
        const e = on(layers.conv2dTranspose({ filters: 4, kernelSize: 2, strides: 2, padding: 'same' }), d);
        return through(
          on(layers.concatenate(), e, a),
          conv(4),
          layers.conv2d({ filters: 1, kernelSize: 1, activation: 'sigmoid' }),
        );
      }),
  },
  'inception block': {
    build: () =>
      functional([[9, 9, 4]], (x) =>
        on(
          layers.concatenate({ axis: -1 }),
          on(layers.conv2d({ filters: 3, kernelSize: 1, activation: 'relu' }), x),
          through(x, layers.conv2d({ filters: 2, kernelSize: 1 }), layers.conv2d({ filters: 3, kernelSize: 5, padding: 'same' })), // prettier-ignore
          through(x, layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }), layers.conv2d({ filters: 2, kernelSize: 1 })), // prettier-ignore
        ),
      ),
  },
  'squeeze and excitation': {
    build: () =>
      functional([[8, 7, 6]], (x) => {
        const gates = through(
          x,
          layers.globalAveragePooling2d({}),
          layers.dense({ units: 3, activation: 'relu' }),
          layers.dense({ units: 6, activation: 'sigmoid' }),
          layers.reshape({ targetShape: [1, 1, 6] }),
        );
        return on(layers.multiply(), x, gates);
      }),
  },
  'siamese towers': {
    build: () => {
      const tower = sequential(
        layers.dense({ inputShape: [9], units: 8, activation: 'relu' }),
        layers.dense({ units: 5 }),
      );
      return functional([[9], [9]], (a, b) => {
        const [p, q] = [tower.apply(a) as Tensor, tower.apply(b) as Tensor];
        return [on(layers.dot({ axes: 1, normalize: true }), p, q), on(layers.concatenate(), p, q)];
      });
    },
  },
  recommender: {
    words: 12,
    build: () =>
      functional([[1], [1]], (user, item) => {
        const factors = (input: Tensor): Tensor =>
          on(layers.flatten(), on(layers.embedding({ inputDim: 12, outputDim: 5 }), input));
        return on(
          layers.dense({ units: 1, activation: 'sigmoid' }),
          on(layers.dot({ axes: -1 }), factors(user), factors(item)),
        );
      }),
  },
  'broadcast merging': {
    build: () =>
      functional(
        [
          [4, 5],
          [1, 5],
          [4, 1],
        ],
        (a, b, c) => [
          on(layers.add(), a, b),
          on(layers.multiply(), a, c),
          on(layers.maximum(), b, c),
          on(layers.minimum(), a, b, c),
          on(layers.average(), a, b, c),
        ],
      ),
  },
  'dots along axes': {
    build: () =>
      functional(
        [
          [4, 5],
          [5, 3],
          [4, 3],
        ],
        (a, b, c) => [
          on(layers.dot({ axes: [2, 1] }), a, b),
          on(layers.dot({ axes: [1, 1] }), a, c),
          on(layers.dot({ axes: [2, 2], normalize: true }), b, c),
        ],
      ),
  },
  'models within models, called twice': {
    build: () => {
      const inner = functional([[5], [5]], (a, b) => [
        on(layers.add(), on(layers.dense({ units: 5, activation: 'relu' }), a), b),
        on(layers.dense({ units: 3 }), b),
      ]);
      return functional([[5], [5]], (a, b) => {
        const [sum, other] = inner.apply([a, b]) as Tensor[];
        const [again] = inner.apply([sum!, a]) as Tensor[];
        return [again!, other!];
      });
    },
  },
  'reshaping and permuting': {
    build: () =>
      each(
        [4, 6, 2],
        () => layers.reshape({ targetShape: [8, -1] }),
        () => layers.permute({ dims: [3, 1, 2] }),
        () => layers.flatten({ dataFormat: 'channelsFirst' }),
        () => layers.flatten({ dataFormat: 'channelsLast' }),
        () => layers.dense({ units: 3 }),
      ),
  },
  autoencoder: {
    build: () =>
      sequential(
        layers.conv2d({ inputShape: [12, 12, 1], filters: 6, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }), // prettier-ignore
        layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
        layers.flatten(),
        layers.dense({ units: 5, name: 'code' }),
        layers.dense({ units: 3 * 3 * 4, activation: 'relu' }),
        layers.reshape({ targetShape: [3, 3, 4] }),
        layers.upSampling2d({ size: [2, 2] }),
        layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }),
        layers.upSampling2d({ size: [2, 2] }),
        layers.conv2d({ filters: 1, kernelSize: 3, padding: 'same', activation: 'sigmoid' }),
      ),
  },
  'dueling network': {
    build: () =>
      functional([[8]], (x) => {
        const hidden = through(x, layers.dense({ units: 12, activation: 'relu' }), layers.dense({ units: 12, activation: 'relu' })); // prettier-ignore
        return on(layers.add(), on(layers.dense({ units: 1 }), hidden), on(layers.dense({ units: 4 }), hidden));
      }),
  },
  'actor and critic': {
    build: () =>
      functional([[6]], (x) => {
        const hidden = on(layers.dense({ units: 16, activation: 'tanh', kernelConstraint: tf.constraints.maxNorm({ maxValue: 2, axis: 0 }) }), x); // prettier-ignore
        return [on(layers.dense({ units: 3, activation: 'softmax' }), hidden), on(layers.dense({ units: 1 }), hidden)];
      }),
  },
  'wide and deep': {
    build: () =>
      functional([[7], [5]], (wide, deep) =>
        on(
          layers.dense({ units: 1, activation: 'sigmoid' }),
          on(
            layers.concatenate(),
            wide,
            through(deep, layers.batchNormalization(), layers.dense({ units: 9, activation: 'selu' }), layers.alphaDropout({ rate: 0.1 })), // prettier-ignore
          ),
        ),
      ),
  },
  'noise and dropouts': {
    build: () =>
      sequential(
        layers.gaussianNoise({ stddev: 0.2, inputShape: [6, 4] }),
        layers.spatialDropout1d({ rate: 0.2 }),
        layers.conv1d({ filters: 5, kernelSize: 3, padding: 'same' }),
        layers.gaussianDropout({ rate: 0.3 }),
        layers.globalAveragePooling1d(),
      ),
  },
  'temporal convolutions': {
    build: () =>
      functional([[16, 3]], (x) => {
        let y = on(layers.conv1d({ filters: 6, kernelSize: 1 }), x);
        for (const dilationRate of [1, 2, 4]) {
          const z = through(
            y,
            layers.conv1d({ filters: 6, kernelSize: 3, dilationRate, padding: 'same', activation: 'relu' }),
            layers.layerNormalization(),
          );
          y = on(layers.add(), y, z);
        }
        return y;
      }),
  },
};
