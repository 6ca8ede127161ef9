import type { LayerFamily } from '../definition.ts';
import { slot, unsized, type LayerCall, type LayerCalls } from './layer-call.ts';

const convolution = (family: LayerFamily, rank: number): LayerCall => ({
  family,
  rank,
  inputs: slot(0, 'in_channels'),
  outputs: slot(1, 'out_channels'),
  kernel: slot(2, 'kernel_size'),
  stride: slot(3, 'stride'),
  padding: slot(4, 'padding'),
});

const normalisation = (rank?: number): LayerCall => ({
  family: 'normalisation',
  inputs: slot(0, 'num_features'),
  ...(rank === undefined ? {} : { rank }),
});

const pooling: LayerCall = {
  family: 'pooling',
  kernel: slot(0, 'kernel_size'),
  stride: slot(1, 'stride'),
  padding: slot(2, 'padding'),
};

/** torch.nn */
export const pytorch: LayerCalls = {
  Linear: { family: 'dense', inputs: slot(0, 'in_features'), outputs: slot(1, 'out_features') },
  LazyLinear: { family: 'dense', outputs: slot(0, 'out_features') },
  Conv1d: convolution('conv', 1),
  Conv2d: convolution('conv', 2),
  Conv3d: convolution('conv', 3),
  ConvTranspose1d: convolution('transposed-conv', 1),
  ConvTranspose2d: convolution('transposed-conv', 2),
  ConvTranspose3d: convolution('transposed-conv', 3),
  BatchNorm1d: normalisation(),
  BatchNorm2d: normalisation(2),
  BatchNorm3d: normalisation(3),
  InstanceNorm1d: normalisation(),
  InstanceNorm2d: normalisation(2),
  GroupNorm: { family: 'normalisation', inputs: slot(1, 'num_channels') },
  ...unsized('normalisation', 'LayerNorm RMSNorm LocalResponseNorm'),
  ...unsized(
    'activation',
    'ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU Sigmoid Tanh Softplus Softsign SiLU Mish Hardtanh Hardswish Hardsigmoid ' +
      'Softmax LogSoftmax LogSigmoid Threshold GLU Rectifier',
  ),
  MaxPool2d: pooling,
  AvgPool2d: pooling,
  ...unsized(
    'pooling',
    'MaxPool1d MaxPool3d AvgPool1d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d ' +
      'AdaptiveMaxPool1d AdaptiveMaxPool2d LPPool2d',
  ),
  ...unsized('recurrent', 'LSTM GRU RNN LSTMCell GRUCell'),
  ...unsized('attention', 'MultiheadAttention TransformerEncoderLayer TransformerDecoderLayer TransformerEncoder'),
  ...unsized('embedding', 'Embedding EmbeddingBag'),
  ...unsized(
    'rearrangement',
    'Flatten Unflatten Identity Dropout Dropout1d Dropout2d AlphaDropout Upsample PixelShuffle ZeroPad2d ReflectionPad2d ReplicationPad2d',
  ),
};
