import type { LayerFamily } from './definition.ts';

/** A layer class of PyTorch or Keras, and under which position or keyword its sizes stand. */
export interface LayerCall {
  readonly family: LayerFamily;
  readonly rank?: number;
  readonly inputs?: Slot;
  readonly outputs?: Slot;
  readonly kernel?: Slot;
}

export interface Slot {
  readonly position: number;
  readonly keyword: string;
}

const slot = (position: number, keyword: string): Slot => ({ position, keyword });

const torchConvolution = (family: LayerFamily, rank: number): LayerCall => ({
  family,
  rank,
  inputs: slot(0, 'in_channels'),
  outputs: slot(1, 'out_channels'),
  kernel: slot(2, 'kernel_size'),
});

const kerasConvolution = (family: LayerFamily, rank: number): LayerCall => ({
  family,
  rank,
  outputs: slot(0, 'filters'),
  kernel: slot(1, 'kernel_size'),
});

const torchNormalisation = (rank?: number): LayerCall => ({
  family: 'normalisation',
  inputs: slot(0, 'num_features'),
  ...(rank === undefined ? {} : { rank }),
});

const sized: Readonly<Record<string, LayerCall>> = {
  Linear: { family: 'dense', inputs: slot(0, 'in_features'), outputs: slot(1, 'out_features') },
  LazyLinear: { family: 'dense', outputs: slot(0, 'out_features') },
  Dense: { family: 'dense', outputs: slot(0, 'units') },
  Conv1d: torchConvolution('conv', 1),
  Conv2d: torchConvolution('conv', 2),
  Conv3d: torchConvolution('conv', 3),
  ConvTranspose1d: torchConvolution('transposed-conv', 1),
  ConvTranspose2d: torchConvolution('transposed-conv', 2),
  ConvTranspose3d: torchConvolution('transposed-conv', 3),
  Conv1D: kerasConvolution('conv', 1),
  Conv2D: kerasConvolution('conv', 2),
  Conv3D: kerasConvolution('conv', 3),
  Conv2DTranspose: kerasConvolution('transposed-conv', 2),
  Conv1DTranspose: kerasConvolution('transposed-conv', 1),
  DepthwiseConv2D: { family: 'conv', rank: 2, kernel: slot(0, 'kernel_size') },
  SeparableConv2D: { family: 'conv', rank: 2 },
  BatchNorm1d: torchNormalisation(),
  BatchNorm2d: torchNormalisation(2),
  BatchNorm3d: torchNormalisation(3),
  InstanceNorm1d: torchNormalisation(),
  InstanceNorm2d: torchNormalisation(2),
  GroupNorm: { family: 'normalisation', inputs: slot(1, 'num_channels') },
};

const unsized: Readonly<Record<Exclude<LayerFamily, 'dense' | 'conv' | 'transposed-conv'>, string>> = {
  normalisation:
    'LayerNorm RMSNorm LocalResponseNorm BatchNormalization LayerNormalization GroupNormalization Normalization',
  activation:
    'ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU Sigmoid Tanh Softplus Softsign SiLU Mish Hardtanh Hardswish Hardsigmoid ' +
    'Softmax LogSoftmax LogSigmoid Threshold GLU Activation Rectifier',
  pooling:
    'MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool2d LPPool2d ' +
    'MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling2D',
  recurrent: 'LSTM GRU RNN LSTMCell GRUCell SimpleRNN',
  attention:
    'MultiheadAttention MultiHeadAttention TransformerEncoderLayer TransformerDecoderLayer TransformerEncoder Attention',
  embedding: 'Embedding EmbeddingBag',
  rearrangement:
    'Flatten Unflatten Identity Dropout Dropout1d Dropout2d AlphaDropout SpatialDropout2D Upsample UpSampling2D PixelShuffle ' +
    'ZeroPad2d ReflectionPad2d ReplicationPad2d ZeroPadding2D Reshape Permute Rescaling',
};

const calls = new Map<string, LayerCall>(Object.entries(sized));
for (const [family, names] of Object.entries(unsized))
  for (const name of names.split(' ')) calls.set(name, { family: family as LayerFamily });

export const layerCallOf = (name: string): LayerCall | undefined => calls.get(name);

/** Layers that hold weights of several maps under names of their own ("attn.out_proj.weight"). */
export const holdsSeveralMaps = (family: LayerFamily): boolean => family === 'attention' || family === 'recurrent';

/** Layers without which a saved model cannot do; normalisations may have been folded away, activations have no weights. */
export const mustAppear = (family: LayerFamily): boolean =>
  family === 'dense' || family === 'conv' || family === 'transposed-conv';

/** Calls around a layer that leave it the layer it is: spectral_norm(nn.Linear(2, 100)). */
export const wrappers: ReadonlySet<string> = new Set([
  'spectral_norm',
  'weight_norm',
  'orthogonal',
  'parametrize',
  'register_parametrization',
  'init_layer',
  'layer_init',
  'compile',
  'DataParallel',
  'DistributedDataParallel',
  'TimeDistributed',
  'SpectralNormalization',
  'checkpoint_wrapper',
]);

/** Methods that return the module they are called on. */
export const fluentMethods: ReadonlySet<string> = new Set([
  'to',
  'cuda',
  'cpu',
  'double',
  'float',
  'half',
  'eval',
  'train',
  'requires_grad_',
  'apply',
]);
