import { UserError } from '../../sentence.ts';

/** Graph models list TensorFlow's operations instead of layers. */
export const graphModelNotRead = (name: string): UserError =>
  new UserError(
    `${name} is a graph model of TensorFlow.js, which is not read yet: convert the Keras model to a layers model (tensorflowjs_converter --output_format tfjs_layers_model), or the SavedModel to ONNX with tf2onnx.`,
  );
