import type { LayerFamily } from '../definition.ts';
import { slot, unsized, type LayerCall, type LayerCalls } from './layer-call.ts';

const convolution = (family: LayerFamily, rank: number): LayerCall => ({
  family,
  rank,
  outputs: slot(0, 'filters'),
  kernel: slot(1, 'kernel_size', 'kernelSize'),
});

/** keras.layers. TensorFlow.js has the same classes and writes the keywords in camel case, inside one object. */
export const keras: LayerCalls = {
  // flax.linen has a Dense as well, whose keyword is `features`.
  Dense: { family: 'dense', outputs: slot(0, 'units', 'features') },
  EinsumDense: { family: 'dense' },
  Conv1D: convolution('conv', 1),
  Conv2D: convolution('conv', 2),
  Conv3D: convolution('conv', 3),
  Conv1DTranspose: convolution('transposed-conv', 1),
  Conv2DTranspose: convolution('transposed-conv', 2),
  Conv3DTranspose: convolution('transposed-conv', 3),
  // Their kernels have no channels of their own: only the rank is compared.
  DepthwiseConv1D: { family: 'conv', rank: 1 },
  DepthwiseConv2D: { family: 'conv', rank: 2 },
  SeparableConv1D: { family: 'conv', rank: 1 },
  SeparableConv2D: { family: 'conv', rank: 2 },
  ...unsized(
    'normalisation',
    'BatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization Normalization',
  ),
  ...unsized('activation', 'Activation Softmax ReLU LeakyReLU PReLU ELU ThresholdedReLU'),
  ...unsized(
    'pooling',
    'MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D MaxPool2D AvgPool2D ' +
      'GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D',
  ),
  ...unsized('recurrent', 'LSTM GRU SimpleRNN'),
  ...unsized('attention', 'MultiHeadAttention Attention AdditiveAttention'),
  ...unsized('embedding', 'Embedding'),
  ...unsized(
    'rearrangement',
    'Flatten Dropout SpatialDropout1D SpatialDropout2D UpSampling1D UpSampling2D ZeroPadding1D ZeroPadding2D Reshape Permute Rescaling ' +
      'Cropping1D Cropping2D RepeatVector Multiply Maximum Minimum Average Concatenate',
  ),
};
