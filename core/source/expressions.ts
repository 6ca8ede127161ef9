import type { Node } from 'web-tree-sitter';
import { container, itemOf, unknown, type Built, type Item } from './built.ts';
import { fluentMethods, layerCallOf, wrappers } from './frameworks/index.ts';
import type { LayerCall, Slot } from './frameworks/layer-call.ts';
import type { LiteralArguments } from './definition.ts';
import { sizeValue, stringValue } from './python-node.ts';
import { field, partsOf, rangeOf } from './syntax-node.ts';

/** What an expression may refer to. */
export interface Scope {
  variable(name: string): Built | undefined;
  isClass(name: string): boolean;
  /** The layers that a function of this file applies to its arguments. */
  applied(name: string): { readonly applied: readonly Item[]; readonly constructed: readonly Item[] };
  /** What a function of this file, or a method of this class, returns; `undefined` when there is none of that name. */
  returned(name: string, method: boolean): Built | undefined;
}

const listLike = new Set(['Sequential', 'ModuleList', 'ParameterList', 'list', 'tuple']);
const dictionaryLike = new Set(['OrderedDict', 'ModuleDict', 'dict']);

export function evaluate(node: Node, scope: Scope): Built {
  switch (node.type) {
    case 'parenthesized_expression':
      return evaluateFirst(partsOf(node), scope);
    case 'identifier':
      return scope.variable(node.text) ?? unknown;
    case 'list':
    case 'tuple':
      return container(partsOf(node).flatMap((part) => entries(part, scope)));
    case 'dictionary':
      return container(partsOf(node).flatMap((part) => pairItem(field(part, 'key'), field(part, 'value'), scope)));
    case 'list_comprehension':
    case 'generator_expression': {
      const body = field(node, 'body');
      return container(body === undefined ? [] : [{ ...itemOf(evaluate(body, scope)), repeated: true }]);
    }
    case 'binary_operator':
      return evaluateOperator(node, scope);
    case 'conditional_expression':
      return evaluateFirst(partsOf(node), scope);
    case 'call':
      return evaluateCall(node, scope);
    default:
      return unknown;
  }
}

function evaluateFirst(nodes: readonly Node[], scope: Scope): Built {
  for (const node of nodes) {
    const built = evaluate(node, scope);
    if (built.kind !== 'unknown') return built;
  }
  return unknown;
}

/** `[...] + [...]` joins two lists; `[...] * n` repeats one. */
function evaluateOperator(node: Node, scope: Scope): Built {
  const left = field(node, 'left');
  const right = field(node, 'right');
  if (left === undefined || right === undefined) return unknown;
  const built = evaluate(left, scope);
  if (built.kind !== 'container') return unknown;
  const operator = field(node, 'operator')?.type;
  if (operator === '*') return container(built.items.map((item) => ({ ...item, repeated: true })));
  if (operator !== '+') return unknown;
  const other = evaluate(right, scope);
  return other.kind === 'container' ? container([...built.items, ...other.items]) : built;
}

function evaluateCall(node: Node, scope: Scope): Built {
  const callee = field(node, 'function');
  const given = field(node, 'arguments');
  if (callee === undefined || given === undefined) return unknown;
  // Keras' functional style, Dense(64)(x): the layer is the call that is called.
  if (callee.type === 'call') return evaluate(callee, scope);
  const generator = given.type === 'generator_expression';
  const parts = generator ? [given] : partsOf(given);
  if (callee.type === 'attribute') {
    const object = field(callee, 'object');
    const name = field(callee, 'attribute')?.text ?? '';
    if (object === undefined) return unknown;
    if (object.type === 'identifier' && object.text === 'self') {
      const returned = scope.returned(name, true);
      return returned === undefined ? unknown : placedAt(returned, node);
    }
    if (fluentMethods.has(name)) return evaluate(object, scope);
    return evaluateNamed(name, callee.text, node, parts, scope);
  }
  if (callee.type !== 'identifier') return unknown;
  const name = callee.text;
  if (scope.isClass(name)) return { kind: 'module', className: name };
  const returned = scope.returned(name, false);
  if (returned !== undefined) return placedAt(returned, node);
  return evaluateNamed(name, name, node, parts, scope);
}

function evaluateNamed(name: string, written: string, node: Node, parts: readonly Node[], scope: Scope): Built {
  if (listLike.has(name)) return container(parts.flatMap((part) => listArgument(part, parts.length, scope)));
  if (dictionaryLike.has(name)) return container(parts.flatMap((part) => dictionaryArgument(part, scope)));
  const call = layerCallOf(name, written);
  if (call !== undefined) {
    return {
      kind: 'layer',
      call: written,
      layer: name,
      family: call.family,
      ...(call.rank === undefined ? {} : { rank: call.rank }),
      arguments: literalArguments(call, parts),
      range: rangeOf(node),
    };
  }
  const first = parts[0];
  if (wrappers.has(name))
    return first === undefined ? unknown : wrapped(evaluate(argumentValue(first), scope), name, parts);
  return /^_*[A-Z]/.test(name) ? { kind: 'module', className: name } : unknown;
}

/** `SpectralNormalization(Dense(4), name="critic")`: a name that the wrapper has is the layer's. */
function wrapped(built: Built, wrapper: string, parts: readonly Node[]): Built {
  if (built.kind !== 'layer') return built;
  const given = parts.find((part) => part.type === 'keyword_argument' && field(part, 'name')?.text === 'name');
  const name = given === undefined ? built.arguments.name : stringValue(field(given, 'value'));
  return { ...built, wrapper, arguments: { ...built.arguments, ...(name === undefined ? {} : { name }) } };
}

/** A layer that a function of the file returns stands, for the reader, where the function is called. */
const placedAt = (built: Built, node: Node): Built =>
  built.kind === 'layer' ? { ...built, range: rangeOf(node) } : built;

const argumentValue = (node: Node): Node => (node.type === 'keyword_argument' ? (field(node, 'value') ?? node) : node);

/** An argument of Sequential: a layer; or, when it is the only one, a list or an ordered dictionary of them. */
function listArgument(node: Node, count: number, scope: Scope): readonly Item[] {
  if (node.type === 'keyword_argument') {
    // keras.Sequential(layers=[...], name="net")
    if (field(node, 'name')?.text !== 'layers') return [];
    return entries(argumentValue(node), scope).flatMap(unwrap);
  }
  const items = entries(node, scope);
  return count === 1 || node.type === 'list' ? items.flatMap(unwrap) : items;
}

const unwrap = (item: Item): readonly Item[] =>
  item.built.kind === 'container' && item.key === undefined && !item.repeated ? item.built.items : [item];

/** An element of a list; `*layers` is as many elements as it has. */
function entries(node: Node, scope: Scope): readonly Item[] {
  if (node.type === 'list_splat') {
    const inner = partsOf(node)[0];
    const built = inner === undefined ? unknown : evaluate(inner, scope);
    return built.kind === 'container' ? built.items : [{ ...itemOf(unknown), repeated: true }];
  }
  return [itemOf(evaluate(node, scope))];
}

/** OrderedDict([("conv1", nn.Conv2d(...)), ...]), ModuleDict({...}) or dict(conv1=...). */
function dictionaryArgument(node: Node, scope: Scope): readonly Item[] {
  if (node.type === 'keyword_argument') {
    const value = field(node, 'value');
    return value === undefined ? [] : [itemOf(evaluate(value, scope), field(node, 'name')?.text ?? '')];
  }
  if (node.type === 'dictionary') {
    const built = evaluate(node, scope);
    return built.kind === 'container' ? built.items : [];
  }
  if (node.type !== 'list' && node.type !== 'tuple') return [];
  return partsOf(node).flatMap((pair) => {
    const [key, value] = partsOf(pair);
    return pairItem(key, value, scope);
  });
}

export function pairItem(key: Node | undefined, value: Node | undefined, scope: Scope): Item[] {
  if (key === undefined || value === undefined) return [];
  const name = stringValue(key);
  const built = evaluate(value, scope);
  return name === undefined ? [{ ...itemOf(built), repeated: true }] : [itemOf(built, name)];
}

function literalArguments(call: LayerCall, parts: readonly Node[]): LiteralArguments {
  const positional = parts.filter((part) => part.type !== 'keyword_argument');
  const keywords = new Map(
    parts
      .filter((part) => part.type === 'keyword_argument')
      .map((part) => [field(part, 'name')?.text ?? '', field(part, 'value')]),
  );
  const splat = positional.some((part) => part.type === 'list_splat' || part.type === 'dictionary_splat');
  const given = ({ keywords: names }: Slot): Node | undefined =>
    names.map((name) => keywords.get(name)).find((value) => value !== undefined);
  const at = (slot: Slot | undefined): Node | undefined =>
    slot === undefined || splat ? undefined : (given(slot) ?? positional[slot.position ?? -1]);
  const size = (slot: Slot | undefined): number | undefined => {
    const value = sizeValue(at(slot));
    return typeof value === 'number' ? value : undefined;
  };
  const inputs = size(call.inputs);
  const outputs = size(call.outputs);
  const kernel = sizeValue(at(call.kernel));
  const [stride, padding] = [size(call.stride), size(call.padding)];
  // In PyTorch's convolutions `groups` is the seventh argument; given by position it is not worth guessing.
  const groups = keywords.has('groups') ? sizeValue(keywords.get('groups')) : positional.length > 6 ? undefined : 1;
  const name = stringValue(keywords.get('name'));
  return {
    groups: typeof groups === 'number' && !splat ? groups : null,
    ...(inputs === undefined ? {} : { inputs }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(stride === undefined ? {} : { stride }),
    ...(padding === undefined ? {} : { padding }),
    ...(name === undefined ? {} : { name }),
  };
}
