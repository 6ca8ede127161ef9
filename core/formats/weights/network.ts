import type { Network } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { layersOf } from './layers.ts';
import { counted, quoted } from '../wording.ts';
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
    notes: [...notes, ...onWeights, ...wholeNumbers(tensors)],
    unconnected: {
      layers,
      reason: `${file} holds weights without the network: nothing in it says how its layers are connected`,
      remedy: 'export the network with torch.export or to ONNX',
    },
  };
}

/** As quantised layers keep them, packed or beside their scales. */
function wholeNumbers(tensors: ReadonlyMap<string, Tensor>): string[] {
  const found = [...tensors].filter(
    ([name, { type, shape }]) => shape.length > 1 && /weight/iu.test(name) && /^u?int/u.test(type),
  );
  const [first] = found;
  if (first === undefined) return [];
  return [
    `${counted(found.length, 'weight')} of whole numbers, such as ${quoted(first[0])} (${first[1].type}), as quantised layers have them, ${found.length === 1 ? 'is' : 'are'} not among the layers: save the model before it is quantised.`,
  ];
}
