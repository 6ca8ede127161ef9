import type { Window } from '../tensorflow/padding.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { Operation, OperationDefinition } from './operation.ts';
import { imageOf, perSpatialAxis, sliding } from './windows.ts';

/** TensorFlow's mean is over what lies within the image, as ONNX's is when it does not count the padding. */
const pooling =
  (op: string, axes: number) =>
  (operation: Operation): Value => {
    const image = imageOf(operation, operation.input(0), axes);
    const kernels = perSpatialAxis(operation, 'ksize', axes);
    const strides = perSpatialAxis(operation, 'strides', axes);
    const windows = kernels.map((kernel, axis): Window => ({ kernel, stride: strides[axis]!, dilation: 1 }));
    const { attributes, counts } = sliding(operation, image, windows);
    return image.made(operation.node(op, [image.name], attributes), image.channels, counts);
  };

export const poolingOperations: readonly OperationDefinition[] = [
  { ops: ['AvgPool'], write: pooling('AveragePool', 2) },
  { ops: ['AvgPool3D'], write: pooling('AveragePool', 3) },
  { ops: ['MaxPool'], write: pooling('MaxPool', 2) },
  { ops: ['MaxPool3D'], write: pooling('MaxPool', 3) },
  {
    ops: ['MaxPoolWithArgmax'],
    write: (operation) => {
      if (operation.outputsRead > 1) throw new Unsupported('the places of its maxima are used, which jump');
      return pooling('MaxPool', 2)(operation);
    },
  },
];
