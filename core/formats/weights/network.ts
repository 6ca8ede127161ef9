import type { Network } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { layersOf } from './layers.ts';
import { withParametrisations } from './parametrisations.ts';

export interface NamedWeights {
  readonly format: string;
  /** For messages. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly notes: readonly string[];
}

/** What a file of named tensors is as a model: layers that nobody has connected yet. */
export function weightsNetwork({ format, file, tensors, notes }: NamedWeights): Network {
  const { weights, notes: onWeights } = withParametrisations(tensors);
  const layers = layersOf(weights);
  if (layers.length === 0) {
    throw new UserError(
      [
        `${file} holds no weights of layers: of its ${tensors.size} tensors none has the shape or name of one.`,
        ...notes,
      ].join(' '),
    );
  }
  return {
    format,
    opset: 1,
    nodes: [],
    inputs: [],
    outputs: [],
    constants: tensors,
    types: new Map(),
    notes: [...notes, ...onWeights],
    unconnected: {
      layers,
      reason: `${file} holds weights without the network: nothing in it says how its layers are connected`,
      remedy: 'export the network with torch.export or to ONNX',
    },
  };
}
