import type { ElementType } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { Sizes } from '../tensorflow/value.ts';
import { argumentsWith, readGiven, type Arguments } from '../keras-ops/given.ts';
import { isFunction } from '../keras-ops/index.ts';
import { quoted } from '../wording.ts';
import { layerJson, layerName, type LayerJson } from './layer.ts';
import { isModel } from './model-classes.ts';
import { isObject, Settings, type Json, type JsonObject } from './settings.ts';

/** Which result of which call. */
export interface Reference {
  readonly key: string;
  readonly index: number;
}

export interface PlannedInput {
  readonly key: string;
  readonly name: string;
  readonly type: ElementType;
  /** With the batch first; undefined where only the model around it knows. */
  readonly shape: Sizes | undefined;
}

export interface CallPlan {
  readonly key: string;
  readonly layer: LayerJson;
  readonly inputs: readonly Reference[];
  readonly tensors: Readonly<Record<string, readonly Reference[]>>;
  readonly settings: JsonObject;
  /** Everything that the call was given as it is written, which functions of tensors need. */
  readonly given: Arguments<Reference>;
  /** The shape of the result, where those who read it state it. */
  readonly shapes: Sizes | undefined;
}

/** What a model does, whichever way its configuration says it. */
export interface Plan {
  readonly inputs: readonly PlannedInput[];
  readonly calls: readonly CallPlan[];
  readonly outputs: readonly Reference[];
  /** Layers in the order in which files keep their weights. */
  readonly members: readonly { readonly layer: LayerJson }[];
}

const mostLayers = 100_000;
const deepestFirst = 32;

/** One layer after another. */
export function sequentialPlan(model: LayerJson, where: string): Plan {
  const settings = new Settings(model.config, where);
  // Keras 2.1 and before wrote the list itself in the place of the configuration.
  const list = settings.list('layers') ?? [];
  const layers = checked(list, where);
  const first = layers[0];
  const begins = first?.className === 'InputLayer' ? first : undefined;
  const rest = begins === undefined ? layers : layers.slice(1);
  const innermost = innermostFirst(first, where);
  const shape =
    (begins === undefined ? undefined : inputShape(begins)) ??
    inputShape(innermost) ??
    sizesOf(settings.values['build_input_shape']) ??
    builtFor(first) ??
    sizesOf(model.built['input_shape']);
  const inputs: PlannedInput[] = [
    {
      key: 'input',
      name: begins === undefined ? `${first === undefined ? 'model' : layerName(first)}_input` : layerName(begins),
      type: inputType(begins ?? innermost),
      shape,
    },
  ];
  const calls = rest.map((layer, i): CallPlan => ({
    key: `${i}`,
    layer,
    inputs: [{ key: i === 0 ? 'input' : `${i - 1}`, index: 0 }],
    tensors: {},
    settings: {},
    given: { positional: [], named: {} },
    shapes: builtFor(rest[i + 1]),
  }));
  return {
    inputs,
    calls,
    outputs: [{ key: rest.length === 0 ? 'input' : `${rest.length - 1}`, index: 0 }],
    members: rest.map((layer) => ({ layer })),
  };
}

/** Where a model begins with a model, the layer that says what goes in: its first one, or its input. */
function innermostFirst(layer: LayerJson | undefined, where: string): LayerJson | undefined {
  let first = layer;
  for (let depth = 0; first !== undefined && isModel(first) && depth < deepestFirst; depth++) {
    const layers = checked(new Settings(first.config, where).list('layers') ?? [], where);
    first = layers.find(({ className }) => className === 'InputLayer') ?? layers[0];
  }
  return first;
}

function checked(list: readonly Json[], where: string): readonly LayerJson[] {
  if (list.length > mostLayers) throw new UserError(`${where} lists ${list.length} layers, more than any network has.`);
  return list.map((value) => layerJson(value, where));
}

export const builtFor = (layer: LayerJson | undefined): Sizes | undefined => sizesOf(layer?.built['input_shape']);

export function sizesOf(value: Json | undefined): Sizes | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value as readonly Json[];
  const fits =
    list.length > 0 &&
    list.length <= 16 &&
    list.every((size) => size === null || (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0));
  return fits ? (list as Sizes) : undefined;
}

const inputShape = (layer: LayerJson | undefined): Sizes | undefined =>
  sizesOf(layer?.config['batch_shape']) ?? sizesOf(layer?.config['batch_input_shape']) ?? embeddingShape(layer);

/** An Embedding may state its length instead of a shape. */
const embeddingShape = (layer: LayerJson | undefined): Sizes | undefined =>
  layer?.className === 'Embedding' ? sizesOf([null, layer.config['input_length'] ?? 'none']) : undefined;

/** Networks are run in float32; only whole numbers stay what they are. */
function inputType(layer: LayerJson | undefined): ElementType {
  const given = layer?.config['dtype'];
  return given === 'int32' || given === 'int64' ? given : 'float32';
}

/** Layers by name, and for each call of each what it reads. */
export function functionalPlan(model: LayerJson, where: string): Plan {
  const settings = new Settings(model.config, where);
  const list = settings.list('layers') ?? [];
  const layers = checked(list, where);
  const byName = new Map<string, LayerJson>();
  layers.forEach((layer, i) => {
    const written = list[i] as JsonObject;
    const name = typeof written['name'] === 'string' ? written['name'] : layerName(layer);
    if (byName.has(name))
      throw new UserError(`${where} has two layers of the name ${quoted(name)}, so its meaning is not clear.`);
    byName.set(name, layer);
  });
  const names = new Set(byName.keys());
  const written = [...byName].flatMap(([name, layer], i) =>
    nodesOf(list[i] as JsonObject, where).map((node, call) => ({ name, layer, node, call })),
  );
  const shapes = new Map<string, Sizes>();
  const outputs = references(settings.values['output_layers'], names);
  const raw = written.map(({ name, layer, node, call }) => ({
    key: keyOf(name, call),
    layer,
    ...callOf(node, names, shapes),
    given: givenOf(node, names),
  }));
  const read = raw.flatMap(readsOf);
  // Keras 3 counts the calls anew where it writes them down, and for the outputs alone does not.
  const anew = written.some(({ node }) => isObject(node));
  const renumbered = renumbering(anew ? read : [...read, ...outputs], byName, written);
  const renumberedOutput = anew ? renumbering(outputs, byName, written) : renumbered;
  const calls = raw.map((call) => ({
    ...call,
    inputs: call.inputs.map(renumbered),
    tensors: Object.fromEntries(Object.entries(call.tensors).map(([name, list]) => [name, list.map(renumbered)])),
    given: argumentsWith(call.given, renumbered),
  }));
  const inputs = references(settings.values['input_layers'], names).map(({ key }): PlannedInput => {
    const { name } = partsOf(key);
    const layer = byName.get(name);
    return { key, name, type: inputType(layer), shape: inputShape(layer) };
  });
  const fed = new Set(inputs.map(({ key }) => key));
  return {
    inputs,
    calls: calls.filter(({ key }) => !fed.has(key)).map((call) => ({ ...call, shapes: shapes.get(`${call.key}/0`) })),
    outputs: outputs.map(renumberedOutput),
    // Functions have no weights, nor a place among the layers that have.
    members: layers.filter((layer) => !isFunction(layer)).map((layer) => ({ layer })),
  };
}

/**
 * A model within a model was called once already, with its own inputs, when it was made. Keras 2 and TensorFlow.js count that call, so
 * that what they write as call 1 is the first one of the list.
 */
function renumbering(
  references: readonly Reference[],
  layers: ReadonlyMap<string, LayerJson>,
  written: readonly { readonly name: string }[],
): (reference: Reference) => Reference {
  const counts = new Map<string, number>();
  for (const { name } of written) counts.set(name, (counts.get(name) ?? 0) + 1);
  const shifts = new Map<string, number>();
  for (const { key } of references) {
    const { name, call } = partsOf(key);
    const beyond = call - (counts.get(name) ?? 0) + 1;
    const layer = layers.get(name);
    if (beyond > 0 && layer !== undefined && isModel(layer)) {
      shifts.set(name, Math.max(beyond, shifts.get(name) ?? 0));
    }
  }
  return (reference) => {
    const { name, call } = partsOf(reference.key);
    const shift = shifts.get(name);
    return shift === undefined ? reference : { ...reference, key: keyOf(name, call - shift) };
  };
}

export const readsOf = ({ inputs, tensors }: Pick<CallPlan, 'inputs' | 'tensors'>): readonly Reference[] => [
  ...inputs,
  ...Object.values(tensors).flat(),
];

const partsOf = (key: string): { readonly name: string; readonly call: number } => {
  const at = key.lastIndexOf('#');
  return { name: key.slice(0, at), call: Number(key.slice(at + 1)) };
};

const keyOf = (name: string, call: number): string => `${name}#${call}`;

function nodesOf(layer: JsonObject, where: string): readonly Json[] {
  const nodes = layer['inbound_nodes'];
  if (nodes === undefined || nodes === null) return [];
  if (!Array.isArray(nodes)) throw new UserError(`${where} is damaged: the calls of a layer are no list.`);
  return nodes as readonly Json[];
}

interface Call {
  readonly inputs: readonly Reference[];
  readonly tensors: Readonly<Record<string, readonly Reference[]>>;
  readonly settings: JsonObject;
}

/** Keras 3 writes {args, kwargs} with tensors inside; before, it was a list of [layer, call, result, kwargs]. */
function callOf(node: Json, names: ReadonlySet<string>, shapes: Map<string, Sizes>): Call {
  if (isObject(node)) {
    const tensors = kerasTensors(node['args'] ?? [], shapes);
    return { inputs: tensors, ...argumentsOf(node['kwargs'], (value) => kerasTensors(value, shapes)) };
  }
  const entries = Array.isArray(node) ? listed(node as readonly Json[]) : [];
  const inputs = entries.flatMap((entry) => reference(entry, names) ?? []);
  return { inputs, ...argumentsOf(entries[0]?.[3], (value) => references(value, names)) };
}

/** A function's arguments in their places: Keras 2 writes the first one down with all others, by their names, behind it. */
function givenOf(node: Json, names: ReadonlySet<string>): Arguments<Reference> {
  const tensorAt = (value: Json): Reference | undefined =>
    isObject(value)
      ? kerasTensor(value)
      : Array.isArray(value)
        ? reference(value as readonly Json[], names)
        : undefined;
  const named = (value: Json | undefined): Arguments<Reference>['named'] =>
    Object.fromEntries(Object.entries(isObject(value) ? value : {}).map(([name, item]) => [name, readGiven(item, tensorAt)])); // prettier-ignore
  if (isObject(node)) {
    const args = Array.isArray(node['args']) ? (node['args'] as readonly Json[]) : [];
    return { positional: args.map((item) => readGiven(item, tensorAt)), named: named(node['kwargs']) };
  }
  const list = Array.isArray(node) ? (node as readonly Json[]) : [];
  const entries = listed(list);
  const firsts = entries.map((entry) => readGiven(entry[0] === constantValue ? entry[2] : entry.slice(0, 3), tensorAt));
  const [first] = firsts;
  return {
    positional: first === undefined ? [] : typeof list[0] === 'string' ? [first] : [{ kind: 'list', items: firsts }],
    named: named(entries[0]?.[3]),
  };
}

/** Where Keras 2 writes a number in the place of the name of a layer. */
const constantValue = '_CONSTANT_VALUE';

/** A single entry may stand without the list around it. */
const listed = (node: readonly Json[]): readonly (readonly Json[])[] =>
  (typeof node[0] === 'string' ? [node] : node).filter((entry): entry is readonly Json[] => Array.isArray(entry));

function argumentsOf(
  kwargs: Json | undefined,
  find: (value: Json) => readonly Reference[],
): Pick<Call, 'tensors' | 'settings'> {
  const entries = isObject(kwargs) ? Object.entries(kwargs).flatMap(named) : [];
  const found = entries.map(([name, value]) => [name, find(value)] as const);
  return {
    tensors: Object.fromEntries(found.filter(([, list]) => list.length > 0)),
    settings: Object.fromEntries(entries.filter((_, i) => found[i]![1].length === 0)),
  };
}

/** Attention takes the masks of its query and of its value as a list, in which either may be missing. */
function named([name, value]: [string, Json]): readonly [string, Json][] {
  if (name !== 'mask' || !Array.isArray(value) || value.length !== 2) return [[name, value]];
  const [ofQuery, ofValue] = value as readonly Json[];
  return [
    ['query_mask', ofQuery ?? null],
    ['value_mask', ofValue ?? null],
  ];
}

const deepest = 32;

function kerasTensors(value: Json, shapes: Map<string, Sizes>, depth = 0): readonly Reference[] {
  if (depth > deepest) return [];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item) => kerasTensors(item, shapes, depth + 1));
  if (!isObject(value)) return [];
  if (value['class_name'] !== '__keras_tensor__' || !isObject(value['config'])) {
    return Object.values(value).flatMap((item) => kerasTensors(item, shapes, depth + 1));
  }
  const found = kerasTensor(value);
  if (found === undefined) return [];
  const shape = sizesOf(value['config']['shape']);
  if (shape !== undefined) shapes.set(`${found.key}/${found.index}`, shape);
  return [found];
}

function kerasTensor({ class_name: className, config }: JsonObject): Reference | undefined {
  const history = className === '__keras_tensor__' && isObject(config) ? config['keras_history'] : undefined;
  const [name, call, index] = Array.isArray(history) ? (history as readonly Json[]) : [];
  if (typeof name !== 'string' || typeof call !== 'number' || typeof index !== 'number') return undefined;
  return { key: keyOf(name, call), index };
}

function reference(entry: readonly Json[], names: ReadonlySet<string>): Reference | undefined {
  const [name, call, index] = entry;
  if (typeof name !== 'string' || !names.has(name) || typeof call !== 'number' || typeof index !== 'number')
    return undefined;
  return { key: keyOf(name, call), index };
}

/** One reference, a list of them, or a table of them. */
function references(value: Json | undefined, names: ReadonlySet<string>, depth = 0): readonly Reference[] {
  if (depth > deepest || value === undefined || value === null || typeof value !== 'object') return [];
  if (!Array.isArray(value)) {
    // Keras takes the entries of a table in the order of their names.
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return entries.flatMap(([, item]) => references(item, names, depth + 1));
  }
  const list = value as readonly Json[];
  const single = reference(list, names);
  return single === undefined ? list.flatMap((item) => references(item, names, depth + 1)) : [single];
}
