import type { Network } from '../../../network/network.ts';
import type { Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';
import { UserError } from '../../../sentence.ts';
import { isObject, type Json } from '../../json.ts';
import type { LayerJson } from '../../keras-layers/layer.ts';
import { quoted } from '../../wording.ts';
import { layersOfOwner } from './layers-of-owner.ts';
import type { Owner } from './owner.ts';

/** A model whose class is Python code: its weights, and the classes of those layers that its configuration mentions. */
export function weightsOfClass(
  format: string,
  file: string,
  { className }: LayerJson,
  configuration: Json,
  owners: (classes: ReadonlyMap<string, string>) => readonly Owner[],
): Network {
  return unconnected(
    format,
    owners(mentionedClasses(configuration)),
    `${file} holds a model of the class ${quoted(className)}, whose Python code says how its layers are connected and is never run`,
  );
}

export const weightsOfFile = (file: string, owners: readonly Owner[]): Network =>
  unconnected(
    'keras-weights',
    owners,
    `${file} holds the weights of a Keras model without the network: nothing in it says how its layers are connected`,
  );

function unconnected(format: string, owners: readonly Owner[], reason: string): Network {
  const layers = distinct(owners.flatMap(layersOfOwner));
  if (layers.length === 0) throw new UserError(`${reason}; and none of its weights has the shape of a layer.`);
  const constants = new Map<string, Tensor>();
  for (const { variables } of owners) for (const { tensor } of variables) constants.set(tensor.name, tensor);
  return {
    ...{ format, opset: 1, nodes: [], inputs: [], outputs: [], types: new Map(), constants },
    notes: notesOn(layers),
    unconnected: {
      layers,
      reason,
      remedy:
        'save the whole model as a functional one, or export it to ONNX (model.export("net.onnx", format="onnx"))',
      channelsLast: true,
    },
  };
}

/** Names of layers, and the classes that the configuration gives them, wherever it mentions them. */
function mentionedClasses(configuration: Json): ReadonlyMap<string, string> {
  const classes = new Map<string, string>();
  const waiting: Json[] = [configuration];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const inner of Object.values<Json>(value)) waiting.push(inner);
    if (!isObject(value) || typeof value['class_name'] !== 'string' || !isObject(value['config'])) continue;
    const { name } = value['config'];
    if (typeof name === 'string') classes.set(name, value['class_name']);
  }
  return classes;
}

/** Files may call two layers the same. */
function distinct(layers: readonly WeightLayer[]): readonly WeightLayer[] {
  const counts = new Map<string, number>();
  return layers.map((layer) => {
    const count = (counts.get(layer.id) ?? 0) + 1;
    counts.set(layer.id, count);
    return count === 1 ? layer : { ...layer, id: `${layer.id}:${count}` };
  });
}

const mostNamed = 5;

function notesOn(layers: readonly WeightLayer[]): readonly string[] {
  const open = layers.filter(({ kind, order }) => order === 'unknown' && kind !== 'unknown').map(({ name }) => name);
  if (open.length === 0) return [];
  const named = `${open.slice(0, mostNamed).join(', ')}${open.length > mostNamed ? ` and ${open.length - mostNamed} more` : ''}`;
  return [
    `The file does not say of what class ${open.length === 1 ? 'this layer is' : 'these layers are'}: ${named}. Matrices are taken as either way round, kernels as those of a convolution, a transposed or a depthwise one, and intervals hold for each.`,
  ];
}
