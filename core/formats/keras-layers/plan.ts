import type { ElementType } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { Sizes } from '../tensorflow/value.ts';
import { argumentsWith, type Arguments } from '../keras-ops/given.ts';
import { isFunction } from '../keras-ops/index.ts';
import { quoted } from '../wording.ts';
import { callOf, givenOf, keyOf, partsOf, references, sizesOf, type Reference } from './calls.ts';
import { layerJson, layerName, type LayerJson } from './layer.ts';
import { isModel } from './model-classes.ts';
import { isObject, Settings, type Json, type JsonObject } from './settings.ts';

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
  /** Where the inputs were given as a table: what each was given as. */
  readonly keys?: readonly string[];
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

function nodesOf(layer: JsonObject, where: string): readonly Json[] {
  const nodes = layer['inbound_nodes'];
  if (nodes === undefined || nodes === null) return [];
  if (!Array.isArray(nodes)) throw new UserError(`${where} is damaged: the calls of a layer are no list.`);
  return nodes as readonly Json[];
}
