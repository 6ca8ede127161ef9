// Networks of TensorFlow.js as people write them; only parsed, never run.
import * as tf from '@tensorflow/tfjs';

const { layers } = tf;

export function smallConvolutionalNetwork() {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [9, 9, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.depthwiseConv2d({ kernelSize: 2, padding: 'same' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3 }),
    ],
  });
}

const normalised = (x) =>
  layers.batchNormalization().apply(layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(x));

export const residual = () => {
  const input = tf.input({ shape: [7, 6, 3] });
  const y = normalised(input);
  const shortcut = layers.conv2d({ filters: 4, kernelSize: 1 });
  const sum = layers.add().apply([shortcut.apply(input), layers.reLU().apply(y)]);
  const pooled = layers.globalAveragePooling2d({}).apply(sum);
  return tf.model({ inputs: input, outputs: layers.dense({ units: 3, activation: 'softmax' }).apply(pooled) });
};

const grown = tf.sequential();
grown.add(tf.layers.dense({ inputShape: [5], units: 6, activation: 'relu' }));
grown.add(tf.layers.dense({ units: 4, activation: 'tanh', useBias: false }));
grown.add(tf.layers.dense({ units: 3, activation: 'softmax' }));

export class Deep {
  constructor(depth) {
    this.hidden = Array.from({ length: depth }, () => layers.dense({ units: 8 }));
    this.head = layers.dense({ units: 2, name: 'head' });
  }

  apply(x) {
    return this.head.apply(this.hidden.reduce((y, layer) => layer.apply(y), x));
  }
}
