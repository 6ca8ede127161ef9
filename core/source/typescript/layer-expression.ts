import type { Node } from 'web-tree-sitter';
import type { BuiltLayer } from '../built.ts';
import type { LiteralArguments } from '../definition.ts';
import { layerCallOf } from '../frameworks/index.ts';
import type { LayerCall, Slot } from '../frameworks/layer-call.ts';
import { tensorflowLayer } from '../frameworks/tensorflow-js.ts';
import { field, partsOf, rangeOf } from '../syntax-node.ts';

const wrappersOf: Readonly<Record<string, string>> = {
  timeDistributed: 'TimeDistributed',
  bidirectional: 'Bidirectional',
};

/** `tf.layers.dense({ units: 3 })`, `layers.dense(...)`, or the class of a layer library, `new Dense({ units: 3 })`, `new nn.Linear(2, 3)`. */
export function layerIn(node: Node): Omit<BuiltLayer, 'kind'> | undefined {
  if (node.type !== 'call_expression' && node.type !== 'new_expression') return undefined;
  const callee = field(node, node.type === 'new_expression' ? 'constructor' : 'function');
  const given = field(node, 'arguments');
  if (callee === undefined || given === undefined) return undefined;
  const name = callee.type === 'member_expression' ? field(callee, 'property')?.text : callee.text;
  const parts = partsOf(given);
  const settings = parts.find(({ type }) => type === 'object');
  if (name === undefined) return undefined;
  const wrapper = wrappersOf[name];
  if (wrapper !== undefined) {
    const inner = settings === undefined ? undefined : valueOf(settings, 'layer');
    const layer = inner === undefined ? undefined : layerIn(inner);
    return layer === undefined ? undefined : { ...layer, wrapper, range: rangeOf(node) };
  }
  const known = node.type === 'new_expression' ? classNamed(name) : functionNamed(name, callee, settings);
  if (known === undefined) return undefined;
  const { layer, call } = known;
  return {
    call: callee.text,
    layer,
    family: call.family,
    ...(call.rank === undefined ? {} : { rank: call.rank }),
    arguments: literalArguments(call, parts, settings),
    range: rangeOf(node),
  };
}

interface Known {
  readonly layer: string;
  readonly call: LayerCall;
}

function classNamed(layer: string): Known | undefined {
  const call = layerCallOf(layer);
  return call === undefined ? undefined : { layer, call };
}

/** A bare `add(...)` or `dot(...)` is anybody's function: it must come from `layers`, or take an object with sizes. */
function functionNamed(name: string, callee: Node, settings: Node | undefined): Known | undefined {
  const known = tensorflowLayer(name);
  if (known === undefined) return undefined;
  const from = callee.type === 'member_expression' ? field(callee, 'object')?.text : undefined;
  if (from !== undefined) return /(^|\.)layers$/.test(from) ? known : undefined;
  const sized =
    settings !== undefined &&
    [known.call.outputs, known.call.kernel].some((slot) => slotValue(slot, settings) !== undefined);
  return sized ? known : undefined;
}

function literalArguments(call: LayerCall, parts: readonly Node[], settings: Node | undefined): LiteralArguments {
  const at = (slot: Slot | undefined): Node | undefined =>
    slotValue(slot, settings) ??
    (settings === undefined && slot?.position !== undefined ? parts[slot.position] : undefined);
  const size = (slot: Slot | undefined): number | undefined => {
    const value = sizeOf(at(slot));
    return typeof value === 'number' ? value : undefined;
  };
  const inputs = size(call.inputs);
  const outputs = size(call.outputs);
  const kernel = sizeOf(at(call.kernel));
  const name = settings === undefined ? undefined : textOf(valueOf(settings, 'name'));
  return {
    groups: 1,
    ...(inputs === undefined ? {} : { inputs }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(name === undefined ? {} : { name }),
  };
}

const slotValue = (slot: Slot | undefined, settings: Node | undefined): Node | undefined =>
  settings === undefined
    ? undefined
    : slot?.keywords.map((keyword) => valueOf(settings, keyword)).find((value) => value !== undefined);

function valueOf(object: Node, key: string): Node | undefined {
  for (const pair of partsOf(object))
    if (pair.type === 'pair' && field(pair, 'key')?.text.replace(/^['"]|['"]$/g, '') === key)
      return field(pair, 'value');
  return undefined;
}

function sizeOf(node: Node | undefined): number | readonly number[] | undefined {
  if (node?.type === 'number') {
    const value = Number(node.text.replaceAll('_', ''));
    return Number.isInteger(value) ? value : undefined;
  }
  if (node?.type !== 'array') return undefined;
  const sizes = partsOf(node).map(sizeOf);
  return sizes.every((size) => typeof size === 'number') ? sizes : undefined;
}

const textOf = (node: Node | undefined): string | undefined =>
  node?.type === 'string' ? node.namedChildren.map((part) => part.text).join('') : undefined;
