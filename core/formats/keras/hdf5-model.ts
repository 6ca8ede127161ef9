import type { Network } from '../../network/network.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile, ModelFormat } from '../format.ts';
import { looksLikeHdf5, openHdf5, type Hdf5Object } from '../hdf5/index.ts';
import { parseJson } from '../json.ts';
import { FlatWeights, pathOf, type NamedTensor } from '../keras-layers/flat-weights.ts';
import { layerJson } from '../keras-layers/layer.ts';
import { networkOf } from '../keras-layers/model.ts';
import { quoted } from '../wording.ts';

/** The older form of Keras models: one HDF5 file with the configuration as an attribute. */
export const kerasHdf5: ModelFormat = {
  name: 'keras-h5',
  recognises: (head) => looksLikeHdf5(head),
  read: readHdf5Model,
};

function readHdf5Model({ source }: ModelFile): Network {
  const root = openHdf5(source);
  const configuration = root.texts.get('model_config')?.[0];
  if (configuration === undefined) throw new UserError(`${source.name} ${withoutModel(root)}`);
  const weights = root.members.get('model_weights');
  if (weights === undefined)
    throw new UserError(`${source.name} describes a Keras model, but holds none of its weights.`);
  const version = root.texts.get('keras_version')?.[0] ?? weights.texts.get('keras_version')?.[0] ?? '2';
  const model = layerJson(parseJson(configuration, source.name), source.name);
  return networkOf(
    'keras-h5',
    source.name,
    model,
    groupedWeights(weights, source.name),
    Number.parseInt(version, 10) >= 3 ? 'keras 3' : 'keras 2',
  );
}

function withoutModel(root: Hdf5Object): string {
  const weightsOnly =
    root.texts.has('layer_names') || root.members.has('layers') || root.members.has('_layer_checkpoint_dependencies');
  return weightsOnly
    ? 'holds the weights of a Keras model without its layers (save_weights): save the whole model with model.save("model.keras").'
    : 'is an HDF5 file, but no Keras model: it has no model_config.';
}

/** For each layer of the outermost model, its variables in the order of the attribute weight_names. */
function groupedWeights(group: Hdf5Object, fileName: string): FlatWeights {
  const names = listed(group, 'layer_names') ?? [...group.members.keys()];
  return FlatWeights.grouped(
    new Map(
      names.map((name): [string, NamedTensor[]] => {
        const layer = memberAt(group, pathOf(name));
        const weights = layer === undefined ? [] : (listed(layer, 'weight_names') ?? []);
        return [
          name,
          weights.map((weight) => ({ path: pathOf(weight), open: () => openArray(layer!, weight, fileName) })),
        ];
      }),
    ),
  );
}

/** Lists too long for one attribute are cut into several, numbered from 0. */
function listed({ texts }: Hdf5Object, name: string): readonly string[] | undefined {
  const whole = texts.get(name);
  if (whole !== undefined) return whole;
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = texts.get(`${name}${i}`);
    if (part === undefined) return i === 0 ? undefined : parts;
    parts.push(...part);
  }
}

const memberAt = (group: Hdf5Object, path: readonly string[]): Hdf5Object | undefined =>
  path.reduce<Hdf5Object | undefined>((at, part) => at?.members.get(part), group);

function openArray(layer: Hdf5Object, name: string, fileName: string) {
  const found = memberAt(
    layer,
    name.split('/').filter((part) => part !== ''),
  )?.tensor;
  if (found !== undefined) return found(name);
  throw new UserError(`${fileName} lists the weights ${quoted(name)}, but does not hold them: save it again.`);
}
