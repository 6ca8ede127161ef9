import type { Network } from '../../network/network.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile, ModelFormat } from '../format.ts';
import { looksLikeHdf5, openHdf5, type Hdf5Object } from '../hdf5/index.ts';
import { parseJson } from '../json.ts';
import { FlatWeights } from '../keras-layers/flat-weights.ts';
import { layerJson } from '../keras-layers/layer.ts';
import { isModel } from '../keras-layers/model-classes.ts';
import { networkOf } from '../keras-layers/model.ts';
import { groupsOf } from './older-groups.ts';
import { weightsOfClass, weightsOfFile } from './weights-only/network.ts';
import { ownersOfGroups } from './weights-only/listed.ts';
import { isTree, ownersOfTree } from './weights-only/tree.ts';

/** One HDF5 file: the older form of Keras models, with the configuration as an attribute, or the weights alone. */
export const kerasHdf5: ModelFormat = {
  name: 'keras-h5',
  recognises: (head) => looksLikeHdf5(head),
  read: readHdf5Model,
};

function readHdf5Model({ source }: ModelFile): Network {
  const root = openHdf5(source);
  const configuration = root.texts.get('model_config')?.[0];
  if (configuration === undefined) return readWeights(root, source.name);
  const weights = root.members.get('model_weights');
  if (weights === undefined)
    throw new UserError(`${source.name} describes a Keras model, but holds none of its weights.`);
  const version = root.texts.get('keras_version')?.[0] ?? weights.texts.get('keras_version')?.[0] ?? '2';
  const json = parseJson(configuration, source.name);
  const model = layerJson(json, source.name);
  const groups = groupsOf(weights, source.name);
  if (!isModel(model))
    return weightsOfClass('keras-h5', source.name, model, json, (classes) => ownersOfGroups(groups, classes));
  return networkOf(
    'keras-h5',
    source.name,
    model,
    FlatWeights.grouped(groups),
    Number.parseInt(version, 10) >= 3 ? 'keras 3' : 'keras 2',
  );
}

/** What save_weights writes: as a list by names until Keras 2, as a tree since. */
function readWeights(root: Hdf5Object, fileName: string): Network {
  if (root.texts.has('layer_names') || root.texts.has('layer_names0'))
    return weightsOfFile(fileName, ownersOfGroups(groupsOf(root, fileName), new Map()));
  if (isTree(root)) return weightsOfFile(fileName, ownersOfTree(root, new Map()));
  throw new UserError(`${fileName} is an HDF5 file, but no Keras model: it has no model_config.`);
}
