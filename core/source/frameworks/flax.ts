import type { LayerFamily } from '../definition.ts';
import { slot, unsized, type LayerCall, type LayerCalls } from './layer-call.ts';

/** The number of axes is that of the kernel: Flax has one class for all. */
const linenConvolution = (family: LayerFamily): LayerCall => ({
  family,
  outputs: slot(0, 'features'),
  kernel: slot(1, 'kernel_size'),
});

const nnxConvolution = (family: LayerFamily): LayerCall => ({
  family,
  inputs: slot(0, 'in_features'),
  outputs: slot(1, 'out_features'),
  kernel: slot(2, 'kernel_size'),
});

/** flax.linen, where it differs from PyTorch and Keras; layers learn their input size at the first call. */
export const linen: LayerCalls = {
  DenseGeneral: { family: 'dense', outputs: slot(0, 'features') },
  Conv: linenConvolution('conv'),
  ConvTranspose: linenConvolution('transposed-conv'),
  ...unsized('normalisation', 'BatchNorm WeightNorm'),
  ...unsized('attention', 'SelfAttention MultiHeadDotProductAttention'),
  ...unsized('embedding', 'Embed'),
};

/** flax.nnx, where sizes stand on both sides. Written with its prefix: `nnx.Conv` takes other arguments than `nn.Conv`. */
export const nnx: LayerCalls = {
  Linear: { family: 'dense', inputs: slot(0, 'in_features'), outputs: slot(1, 'out_features') },
  LinearGeneral: { family: 'dense' },
  Conv: nnxConvolution('conv'),
  ConvTranspose: nnxConvolution('transposed-conv'),
  BatchNorm: { family: 'normalisation', inputs: slot(0, 'num_features') },
  ...unsized('normalisation', 'LayerNorm RMSNorm GroupNorm'),
  ...unsized('rearrangement', 'Dropout'),
  ...unsized('attention', 'MultiHeadAttention'),
  ...unsized('embedding', 'Embed'),
};
