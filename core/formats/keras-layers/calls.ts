import { readGiven, type Arguments } from '../keras-ops/given.ts';
import type { Sizes } from '../tensorflow/value.ts';
import { isObject, type Json, type JsonObject } from './settings.ts';

/** Which result of which call. */
export interface Reference {
  readonly key: string;
  readonly index: number;
}

export const partsOf = (key: string): { readonly name: string; readonly call: number } => {
  const at = key.lastIndexOf('#');
  return { name: key.slice(0, at), call: Number(key.slice(at + 1)) };
};

export const keyOf = (name: string, call: number): string => `${name}#${call}`;

export interface Call {
  readonly inputs: readonly Reference[];
  /** Where the inputs were given as a table: what each was given as. */
  readonly keys?: readonly string[];
  readonly tensors: Readonly<Record<string, readonly Reference[]>>;
  readonly settings: JsonObject;
}

/** What classes of Keras call their first argument, which code may give by its name: attention(query=x, value=y). */
const firstNames = ['inputs', 'query', 'sequences', 'sequence', 'data', 'images'];

/** Keras 3 writes {args, kwargs} with tensors inside; before, it was a list of [layer, call, result, kwargs]. */
export function callOf(node: Json, names: ReadonlySet<string>, shapes: Map<string, Sizes>): Call {
  if (isObject(node)) {
    const inputs = kerasTensors(node['args'] ?? [], shapes);
    const { tensors, settings } = argumentsOf(node['kwargs'], (value) => kerasTensors(value, shapes));
    const first = inputs.length > 0 ? undefined : firstNames.find((name) => Object.hasOwn(tensors, name));
    if (first === undefined) return { inputs, ...keysOf(node['args']), tensors, settings };
    const { [first]: called = [], ...others } = tensors;
    return { inputs: called, tensors: others, settings };
  }
  const entries = Array.isArray(node) ? listed(node as readonly Json[]) : [];
  const inputs = entries.flatMap((entry) => reference(entry, names) ?? []);
  return { inputs, ...argumentsOf(entries[0]?.[3], (value) => references(value, names)) };
}

/** What the tensors of a table are called, in the order in which they are taken. */
function keysOf(args: Json | undefined): Pick<Call, 'keys'> {
  const [table] = Array.isArray(args) ? (args as readonly Json[]) : [];
  return isObject(table) && table['class_name'] === undefined ? { keys: Object.keys(table).toSorted(inOrder) } : {};
}

/** Keras takes the entries of a table in the order of their names. */
const inOrder = (a: string, b: string): number => (a < b ? -1 : 1);

/** A function's arguments in their places: Keras 2 writes the first one down with all others, by their names, behind it. */
export function givenOf(node: Json, names: ReadonlySet<string>): Arguments<Reference> {
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
    return sorted(value).flatMap((item) => kerasTensors(item, shapes, depth + 1));
  }
  const found = kerasTensor(value);
  if (found === undefined) return [];
  const shape = sizesOf(value['config']['shape']);
  if (shape !== undefined) shapes.set(`${found.key}/${found.index}`, shape);
  return [found];
}

const sorted = (table: JsonObject): readonly Json[] =>
  Object.keys(table)
    .toSorted(inOrder)
    .map((key) => table[key]!);

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
export function references(value: Json | undefined, names: ReadonlySet<string>, depth = 0): readonly Reference[] {
  if (depth > deepest || value === undefined || value === null || typeof value !== 'object') return [];
  if (!Array.isArray(value)) {
    return sorted(value as JsonObject).flatMap((item) => references(item, names, depth + 1));
  }
  const list = value as readonly Json[];
  const single = reference(list, names);
  return single === undefined ? list.flatMap((item) => references(item, names, depth + 1)) : [single];
}

export function sizesOf(value: Json | undefined): Sizes | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value as readonly Json[];
  const fits =
    list.length > 0 &&
    list.length <= 16 &&
    list.every((size) => size === null || (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0));
  return fits ? (list as Sizes) : undefined;
}
