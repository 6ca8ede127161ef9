import { elementCount, type Tensor } from '../../network/tensor.ts';
import type { WeightLayer } from '../../network/weight-layer.ts';
import type { LayerEntry } from '../../report/inspection.ts';

/** The rows of the table before anything is computed. What a layer's input and output look like is not known without the network. */
export const entryOf = (layer: WeightLayer): LayerEntry => ({
  id: layer.id,
  name: layer.name,
  ...operatorOf(layer),
  inputShape: [],
  outputShape: outputsOf(layer),
  parameters: [layer.weight, layer.bias].reduce((count, tensor) => count + sizeOf(tensor), 0),
  norms: {},
  share: null,
  ...(layer.applied.length === 0 ? {} : { applied: layer.applied }),
  hints: { stateName: layer.name },
});

const sizeOf = (tensor: Tensor | undefined): number => (tensor === undefined ? 0 : elementCount(tensor.shape));

function operatorOf({ kind, order }: WeightLayer): Pick<LayerEntry, 'op' | 'kind'> {
  switch (kind) {
    case 'dense':
      return { op: 'Gemm', kind: 'dense' };
    case 'embedding':
      return { op: 'Gather', kind: 'dense' };
    case 'kernel':
      return order === 'inputs first' ? { op: 'ConvTranspose', kind: 'transposed conv' } : { op: 'Conv', kind: 'conv' };
    case 'batch norm':
      return { op: 'BatchNormalization', kind: 'normalisation' };
    case 'normalisation':
      return { op: 'Normalisation', kind: 'normalisation' };
    case 'unknown':
      return { op: 'Unknown', kind: 'other' };
  }
}

/** Channels or features; the rest of the shape is not in the file. */
function outputsOf({ weight: { shape }, kind, order }: WeightLayer): readonly number[] {
  const outputs = kind !== 'batch norm' && order === 'inputs first' ? shape[1] : shape[0];
  return outputs === undefined ? [] : [outputs];
}
