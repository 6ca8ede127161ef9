import type { LayerEntry } from '../report/inspection.ts';
import type { LayerDefinition, LayerFamily } from './definition.ts';
import { canBecome } from './functional-calls.ts';

/** What the code says about a layer, held against what the model says. */
export type Agreement =
  | { readonly kind: 'contradiction' }
  /** Nothing speaks against it; so many literal sizes speak for it. */
  | { readonly kind: 'agreement'; readonly sizes: number };

const contradiction: Agreement = { kind: 'contradiction' };

export function compare(definition: LayerDefinition, layer: LayerEntry): Agreement {
  const family = familyOf(layer.op);
  if (definition.family === 'function')
    return canBecome(definition.layer, layer.op) ? { kind: 'agreement', sizes: 0 } : contradiction;
  if (holdsOthers.has(definition.family)) return { kind: 'agreement', sizes: 0 };
  if (family !== definition.family) return contradiction;
  if (family === 'conv' || family === 'transposed-conv') return compareConvolution(definition, layer);
  const { inputs, outputs } = definition.arguments;
  if (family === 'dense') {
    return compareSizes([
      [inputs, layer.inputShape.at(-1)],
      [outputs, layer.outputShape.at(-1)],
    ]);
  }
  if (family !== 'normalisation') return { kind: 'agreement', sizes: 0 };
  const { rank } = definition;
  if (rank !== undefined && isOfOtherRank(layer, rank)) return contradiction;
  return compareSizes([[inputs, layer.inputShape[1]]]);
}

/** One definition that computes with several operators inside. */
const holdsOthers: ReadonlySet<LayerFamily> = new Set(['attention', 'recurrent']);

function compareConvolution(definition: LayerDefinition, layer: LayerEntry): Agreement {
  const { inputs, outputs, kernel, groups } = definition.arguments;
  const channelsIn = layer.inputShape[1];
  const channelsOut = layer.outputShape[1];
  // Flax has one class for any number of axes, which only the kernel tells.
  const rank = definition.rank ?? (typeof kernel === 'object' ? kernel.length : undefined);
  if (rank !== undefined && isOfOtherRank(layer, rank)) return contradiction;
  const sizes = compareSizes([
    [inputs, channelsIn],
    [outputs, channelsOut],
  ]);
  if (sizes.kind === 'contradiction' || kernel === undefined || rank === undefined || groups === null) return sizes;
  if (channelsIn === undefined || channelsOut === undefined) return sizes;
  const taps = typeof kernel === 'number' ? kernel ** rank : kernel.reduce((product, size) => product * size, 1);
  const weights = (channelsIn * channelsOut * taps) / groups;
  // With or without a bias; a folded normalisation brings up to four numbers for each channel along.
  const beside = (layer.parameters - weights) / channelsOut;
  const most = 1 + 4 * (layer.folded?.length ?? 0);
  if (!Number.isInteger(beside) || beside < 0 || beside > most) return contradiction;
  return { kind: 'agreement', sizes: sizes.sizes + 1 };
}

/** Of weights without a graph the shapes of inputs are not known. */
const isOfOtherRank = ({ inputShape }: LayerEntry, rank: number): boolean =>
  inputShape.length > 0 && inputShape.length !== rank + 2;

function compareSizes(pairs: readonly (readonly [number | undefined, number | undefined])[]): Agreement {
  let sizes = 0;
  for (const [written, measured] of pairs) {
    if (written === undefined || measured === undefined) continue;
    if (written !== measured) return contradiction;
    sizes++;
  }
  return { kind: 'agreement', sizes };
}

const operators: Readonly<Record<Exclude<LayerFamily, 'attention' | 'function'>, string>> = {
  conv: 'Conv CircularConv PaddedConv',
  'transposed-conv': 'ConvTranspose',
  dense: 'Gemm MatMul Linear Dense',
  normalisation:
    'BatchNormalization LayerNormalization InstanceNormalization GroupNormalization RMSNormalization LayerNorm SimplifiedLayerNormalization LRN',
  activation:
    'Relu LeakyRelu PRelu Elu Selu Celu Gelu Sigmoid Tanh Softplus Softsign Silu Swish Mish HardSigmoid HardSwish Softmax LogSoftmax Clip ThresholdedRelu Erf',
  pooling: 'MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool ReduceMean',
  recurrent: 'LSTM GRU RNN',
  embedding: 'Gather',
  rearrangement:
    'Flatten Reshape Transpose Identity Dropout Upsample Resize DepthToSpace Pad Tile Concat Mul Max Min Mean',
};

const families = new Map(
  Object.entries(operators).flatMap(([family, names]) => names.split(' ').map((name) => [name, family as LayerFamily])),
);

export const familyOf = (op: string): LayerFamily | undefined => families.get(op);
