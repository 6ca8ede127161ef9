import { type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { type Draft } from '../tensorflow/draft.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value, type Sizes } from '../tensorflow/value.ts';
import { transposed } from '../tensorflow/weights.ts';
import { quoted } from '../wording.ts';
import type { Settings } from './settings.ts';
import { isObject, type Json, type JsonObject } from './settings.ts';

/** The trained numbers of a layer, as the file keeps them. */
export interface LayerWeights {
  /** The layer's own variable, by its place among them and by its name; each file goes by one of these. */
  own(index: number, name: string): Tensor | undefined;
  /** Of a layer inside this one, by the attribute of the Python class and its own name. */
  inside(attribute: string, name: string): LayerWeights;
  /** Of several layers inside this one, in order, by the class and name of each. */
  members(
    attribute: string,
    layers: readonly { readonly className: string; readonly name: string }[],
  ): readonly LayerWeights[];
}

/** Of what has no variables. */
export const noWeights: LayerWeights = {
  own: () => undefined,
  inside: () => noWeights,
  members: (_, layers) => layers.map(() => noWeights),
};

/** Keras 2, Keras 3 and TensorFlow.js give some words another meaning. */
export type Dialect = 'keras 2' | 'keras 3' | 'tensorflow.js';

/** One call of a layer: everything its definition needs to write it out. */
export interface LayerCall {
  readonly className: string;
  /** Unique in the network, and another one for each call; ids of nodes begin with it. */
  readonly id: string;
  /** The same for all calls of the layer; names of weights begin with it. */
  readonly layerId: string;
  readonly settings: Settings;
  readonly inputs: readonly Value[];
  /** Further arguments of the call, by name: tensors, or plain settings. */
  readonly arguments: CallArguments;
  readonly weights: LayerWeights;
  readonly draft: Draft;
  readonly dialect: Dialect;
  /** How layers inside layers are written out. */
  readonly write: WriteLayer;
}

export interface CallArguments {
  readonly tensors: Readonly<Record<string, readonly Value[]>>;
  readonly settings: JsonObject;
}

export const noArguments: CallArguments = { tensors: {}, settings: {} };

export type WriteLayer = (layer: LayerJson, call: InnerCall) => readonly Value[];

export interface LayerJson {
  readonly className: string;
  /** The Python module that defines the class, where the file says it. */
  readonly module: string;
  readonly config: JsonObject;
  /** Stated by Keras 3: the shape for which the weights were made. */
  readonly built: JsonObject;
}

export type InnerCall = Pick<LayerCall, 'id' | 'layerId' | 'inputs' | 'weights' | 'arguments'>;

/** What a class of layers means. A new one is an entry in one of the files beside this one. */
export interface LayerDefinition {
  readonly classes: readonly string[];
  /** It says itself what masks among the arguments of a call do; for all others a call with one is not understood. */
  readonly takesMasks?: true;
  /** Users give their own classes this name as well: it is Keras's only where the file says so. */
  readonly commonName?: true;
  write(call: LayerCall): Value | readonly Value[];
}

export function layerJson(value: Json | undefined, where: string): LayerJson {
  if (!isObject(value) || typeof value['class_name'] !== 'string') {
    throw new UserError(`${where} is damaged: where a layer should stand is ${quoted(JSON.stringify(value ?? null))}.`);
  }
  const { name } = value;
  const config = isObject(value['config']) ? value['config'] : {};
  return {
    className: value['class_name'],
    module: typeof value['module'] === 'string' ? value['module'] : withoutModule(value, config),
    // The configuration of a class of the user may lack the name, which the list of layers has.
    config: typeof name === 'string' && config['name'] === undefined ? { ...config, name } : config,
    built: isObject(value['build_config']) ? value['build_config'] : {},
  };
}

/**
 * HDF5 files of Keras 3 name no modules, and functions are called as layers are: Add, Softmax. But layers say whether they are trained, all but
 * a few whose names no function has; and no function does.
 */
function withoutModule({ inbound_nodes: nodes, class_name: className }: JsonObject, config: JsonObject): string {
  const [first] = Array.isArray(nodes) ? (nodes as readonly Json[]) : [];
  const called = isObject(first) && first['args'] !== undefined;
  const silent = typeof className === 'string' && neverTrained.has(className);
  return called && config['trainable'] === undefined && !silent ? 'keras.ops' : '';
}

const neverTrained: ReadonlySet<string> = new Set([
  ...['InputLayer', 'Pipeline', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D'],
  ...['Discretization', 'HashedCrossing'],
]);

export const layerName = ({ config, className }: LayerJson): string =>
  typeof config['name'] === 'string' && config['name'] !== '' ? config['name'] : className;

/** The first input, which most layers have alone. */
export function onlyInput({ inputs, settings }: LayerCall): Value {
  const [first] = inputs;
  if (first === undefined) throw new UserError(`${settings.where} has no input.`);
  return first;
}

/** A variable that must be there, with as many axes as the layer's kind has. */
export function weight(
  { weights, settings, layerId }: Pick<LayerCall, 'weights' | 'settings' | 'layerId'>,
  index: number,
  name: string,
  rank: number,
): Tensor {
  const tensor = weights.own(index, name);
  if (tensor === undefined)
    throw new UserError(`The weights ${quoted(name)} of ${settings.where} are not in the file.`);
  if (tensor.shape.length !== rank) {
    throw new UserError(
      `The weights ${quoted(name)} of ${settings.where} have the shape [${tensor.shape.join(', ')}], but should have ${rank} axes.`,
    );
  }
  return { ...tensor, name: `${layerId}/${name}` };
}

export const transposedWeight = (tensor: Tensor, perm: readonly number[], shape?: readonly number[]): Tensor =>
  transposed(tensor, perm, tensor.name, shape);

export function requireSize(call: LayerCall, axis: string, given: number | null | undefined, expected: number): void {
  if (given === null || given === undefined || given === expected) return;
  throw new UserError(
    `${call.settings.where} has weights for ${expected} ${axis}, but its input has ${given}: the file does not belong together.`,
  );
}

/** All sizes but the batch, where they are fixed. */
export function fixedSizes({ shape }: Value): readonly number[] {
  const sizes = shape.slice(1);
  if (sizes.every((size) => size !== null)) return sizes;
  throw new Unsupported(`its input has a size that is not fixed: [${shown(shape)}]`);
}

export const shown = (shape: Sizes): string => shape.map((size) => size ?? '?').join(', ');

export const product = (sizes: readonly number[]): number => sizes.reduce((count, size) => count * size, 1);

/** Sizes without the batch, as a Reshape wants them: the batch is what is left. */
export function reshape({ draft }: LayerCall, id: string, value: Value, sizes: Sizes): Value {
  const free = sizes.filter((size) => size === null).length;
  if (free > 1) throw new Unsupported('more than one of its sizes is not fixed');
  // Where another size is free, the batch keeps its place.
  const target = free === 1 ? [0, ...sizes.map((size) => size ?? -1)] : [-1, ...sizes.map((size) => size!)];
  const name = draft.node('Reshape', id, [value.name, draft.integers(`${id}/shape`, target)]);
  return Value.plain(draft, name, [value.shape[0] ?? null, ...sizes], value.type);
}

/** A positive axis of the input. */
export function axisOf(call: LayerCall, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive >= 0 && positive < rank) return positive;
  throw new UserError(`${call.settings.where} works along axis ${axis}, but its input has ${rank} axes.`);
}

/** x + b along the last axis, for what has no bias of its own. */
export function withBias(call: LayerCall, name: string, bias: Tensor | undefined): string {
  return bias === undefined ? name : call.draft.node('Add', `${call.id}/bias added`, [name, call.draft.constant(bias)]);
}
