import type { LayerFamily } from '../definition.ts';
import { linen, nnx } from './flax.ts';
import { keras } from './keras.ts';
import type { LayerCall, LayerCalls } from './layer-call.ts';
import { pytorch } from './pytorch.ts';

/** Frameworks for Python. Where two have a class of one name, it means the same in both, or the call is written with a prefix. */
const frameworks: readonly LayerCalls[] = [keras, pytorch, linen];

const calls = new Map<string, LayerCall>(frameworks.flatMap((framework) => Object.entries(framework)));
const callsOfNnx = new Map<string, LayerCall>(Object.entries(nnx));

/** `written` is the whole callee, "nnx.Conv". */
export const layerCallOf = (name: string, written = name): LayerCall | undefined =>
  (written.startsWith('nnx.') ? callsOfNnx.get(name) : undefined) ?? calls.get(name);

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
  'Bidirectional',
  'SpectralNormalization',
  'checkpoint_wrapper',
  'remat',
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
