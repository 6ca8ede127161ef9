import type { LayerEntry } from '../report/inspection.ts';
import { keras } from './frameworks/keras.ts';

/** Keras and TensorFlow.js name a layer that was given no name after its class, and number the layers of a class as they are made. */
export interface AutoName {
  readonly className: string;
  readonly number: number;
}

export function autoNameOf({ hints, id }: LayerEntry): AutoName | undefined {
  // From the left: of "dense/softmax" the softmax is the activation inside the dense layer.
  const segments = (hints?.stateName ?? id).replace(/:\d+(?=\/|$)/g, '').split('/');
  for (const segment of segments) {
    const name = ofTensorFlowJs(segment) ?? ofKeras(segment);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** "dense_Dense2" */
function ofTensorFlowJs(segment: string): AutoName | undefined {
  const match = /_([A-Z]\w*?)(\d+)$/.exec(segment);
  return match !== null && isClass(match[1]!) ? { className: match[1]!, number: Number(match[2]) } : undefined;
}

/** "dense", "dense_1" */
function ofKeras(segment: string): AutoName | undefined {
  const match = /^(\w+?)(?:_(\d+))?$/.exec(segment);
  const className = match === null ? undefined : classes.get(match[1]!);
  return className === undefined ? undefined : { className, number: Number(match![2] ?? 0) };
}

/** Layers around a layer, whose name is the one in the model. */
export const namingWrappers: ReadonlySet<string> = new Set([
  'SpectralNormalization',
  'TimeDistributed',
  'Bidirectional',
]);

const classes = new Map([...Object.keys(keras), ...namingWrappers].map((name) => [snakeCase(name), name]));

const isClass = (name: string): boolean => name in keras || namingWrappers.has(name);

/** As Keras does it: Conv2D becomes conv2d, GlobalAveragePooling2D global_average_pooling2d, LeakyReLU leaky_re_lu. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
