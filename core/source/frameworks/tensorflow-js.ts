import { keras } from './keras.ts';
import type { LayerCall } from './layer-call.ts';

/** `tf.layers.conv2d` makes a Conv2D: the functions are called as the classes are, with another first letter. */
const byFunction = new Map(
  Object.entries(keras).map(([name, call]): [string, { layer: string; call: LayerCall }] => [
    functionName(name),
    { layer: name, call },
  ]),
);

/** The class that a function of `tf.layers` makes, and how its sizes are called. */
export const tensorflowLayer = (name: string): { readonly layer: string; readonly call: LayerCall } | undefined =>
  byFunction.get(name);

/** conv2d, batchNormalization, maxPooling2d, lstm, reLU, leakyReLU, simpleRNN */
function functionName(className: string): string {
  if (/^[A-Z]+$/.test(className)) return className.toLowerCase();
  return `${className[0]!.toLowerCase()}${className.slice(1)}`.replace(/(\d)D/, '$1d');
}
