import type { Network } from '../../network/network.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource, ModelFile, ModelFormat } from '../format.ts';
import { openHdf5 } from '../hdf5/index.ts';
import { readJson } from '../json.ts';
import { layerJson } from '../keras-layers/layer.ts';
import { isModel } from '../keras-layers/model-classes.ts';
import { networkOf } from '../keras-layers/model.ts';
import { looksLikeZip, openZip } from '../zip/archive.ts';
import { openParts } from './parts.ts';
import { StoredWeights } from './stored-weights.ts';
import { weightsOfClass } from './weights-only/network.ts';
import { ownersOfTree } from './weights-only/tree.ts';

const configuration = 'config.json';
const weights = 'model.weights.h5';
/** In its place, where the weights are in several parts. */
const index = 'model.weights.json';

/** A .keras file: a zip archive of the configuration and, in HDF5, the weights. */
export const kerasArchive: ModelFormat = {
  name: 'keras',
  recognises: (head, source) => looksLikeZip(head) && openZip(source).entries.has(configuration),
  read: readArchive,
};

function readArchive({ source }: ModelFile): Network {
  const { entries } = openZip(source);
  const entry = (name: string): ByteSource => {
    const found = entries.get(name);
    if (found !== undefined) return found;
    throw new UserError(`${source.name} is a Keras archive without ${name}: save the model again.`);
  };
  const json = readJson(entry(configuration));
  const model = layerJson(json, source.name);
  const stored = entries.has(index) ? openParts(entry(index), entry) : openHdf5(entry(weights));
  if (!isModel(model))
    return weightsOfClass('keras', source.name, model, json, (classes) => ownersOfTree(stored, classes));
  return networkOf('keras', source.name, model, new StoredWeights(stored), 'keras 3');
}
