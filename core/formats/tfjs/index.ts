import type { Network } from '../../network/network.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile, ModelFormat } from '../format.ts';
import { isObject, readJson, type JsonObject } from '../json.ts';
import { FlatWeights, pathOf } from '../keras-layers/flat-weights.ts';
import { layerJson } from '../keras-layers/layer.ts';
import { networkOf } from '../keras-layers/model.ts';
import { readGraphModel } from './graph-model.ts';
import { readManifest, type Weight } from './manifest.ts';

/** The model.json of TensorFlow.js, which lists the layers or operations; the weights are in files beside it. */
export const tensorflowJs: ModelFormat = {
  name: 'tfjs',
  recognises: (head) => looksLikeModelJson(head),
  read: readModelJson,
};

export const looksLikeModelJson = (head: Uint8Array): boolean => {
  const text = new TextDecoder().decode(head);
  return (
    /^\s*\{/u.test(text) && /"(?:modelTopology|weightsManifest)"|"format"\s*:\s*"(?:layers|graph)-model"/u.test(text)
  );
};

function readModelJson(file: ModelFile): Network {
  const { name } = file.source;
  const json = readJson(file.source);
  const topology = isObject(json) ? json['modelTopology'] : undefined;
  if (!isObject(json) || !isObject(topology)) {
    throw new UserError(`${name} holds weights of TensorFlow.js without the network (modelTopology): save it again.`);
  }
  const weights = readManifest(json['weightsManifest'], file);
  return json['format'] === 'graph-model' || Array.isArray(topology['node'])
    ? readGraphModel(json, topology, weights, name)
    : readLayersModel(topology, weights, name);
}

function readLayersModel(topology: JsonObject, weights: readonly Weight[], name: string): Network {
  const model = layerJson(isObject(topology['model_config']) ? topology['model_config'] : topology, name);
  const named = weights.map((weight) => ({ path: pathOf(weight.name), open: () => weight.open(weight.name) }));
  return networkOf('tfjs-layers', name, model, FlatWeights.listed(named), 'tensorflow.js');
}
