import { float } from '../tensorflow/draft.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { Operation, OperationDefinition } from './operation.ts';
import { imageOf } from './windows.ts';

/** Scale, offset, mean and variance of every channel. */
function batchNormalisation(operation: Operation): Value {
  if (operation.attributes.has('is_training') && operation.attributes.flag('is_training'))
    throw new Unsupported('it normalises by the mean of the batch, as in training: save the model for inference');
  if (operation.outputsRead > 1) throw new Unsupported('statistics that it collects in training are used');
  const image = imageOf(operation, operation.input(0), 2);
  const parameters = [1, 2, 3, 4].map((index) => operation.input(index).name);
  const epsilon = float(operation.attributes.decimal('epsilon', 1e-4));
  return image.made(
    operation.node('BatchNormalization', [image.name, ...parameters], { epsilon }),
    image.channels,
    image.spatial,
  );
}

/** Over neighbouring channels. TensorFlow's alpha is per channel, ONNX's for all of them together. */
function localResponse(operation: Operation): Value {
  const { attributes } = operation;
  const image = imageOf(operation, operation.input(0), 2);
  const size = 2 * attributes.integer('depth_radius', 5) + 1;
  const name = operation.node('LRN', [image.name], {
    size,
    alpha: float(attributes.decimal('alpha', 1) * size),
    beta: float(attributes.decimal('beta', 0.5)),
    bias: float(attributes.decimal('bias', 1)),
  });
  return image.made(name, image.channels, image.spatial);
}

const softmax =
  (op: string) =>
  (operation: Operation): Value => {
    const x = operation.input(0);
    return operation.plain(operation.node(op, [x.name], { axis: -1 }), x.shape);
  };

export const normalisationOperations: readonly OperationDefinition[] = [
  { ops: ['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'], write: batchNormalisation },
  { ops: ['LRN'], write: localResponse },
  { ops: ['Softmax'], write: softmax('Softmax') },
  { ops: ['LogSoftmax'], write: softmax('LogSoftmax') },
];
