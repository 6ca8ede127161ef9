import type { Attribute, Node } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import { inlined, subgraphsOf } from '../../network/subgraph.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';
import { readAttribute } from './attribute.ts';
import { constantOf } from './constant-node.ts';
import { readNode, type WrittenNode } from './graph.ts';
import { subgraphOf } from './subgraph-of.ts';
import type { ProtobufReader } from './wire.ts';

/** A function that the model defines for itself (FunctionProto): exporters write one per module or per operator they lack. */
export interface WrittenFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a caller may leave out. */
  readonly defaults: ReadonlyMap<string, Attribute>;
  readonly nodes: readonly WrittenNode[];
}

export function readFunction(message: ProtobufReader, file: ModelFile): WrittenFunction {
  let name = '';
  let domain = '';
  let overload = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const defaults = new Map<string, Attribute>();
  const nodes: WrittenNode[] = [];
  while (message.next()) {
    switch (message.field) {
      case 1:
        name = message.text();
        message.what = `function ${quoted(name)}`;
        break;
      case 4:
        inputs.push(message.text());
        break;
      case 5:
        outputs.push(message.text());
        break;
      case 7:
        nodes.push(readNode(message.message(`node ${nodes.length + 1} of ${message.what}`), file, 0));
        break;
      case 10:
        domain = message.text();
        break;
      case 11: {
        const [key, attribute] = readAttribute(message.message(message.what), file, undefined);
        defaults.set(key, attribute);
        break;
      }
      case 13:
        overload = message.text();
        break;
    }
  }
  return { name, domain, overload, inputs, outputs, defaults, nodes };
}

/** Functions call functions; two bytes of a hostile file can call one a million times over. */
const mostNodes = 200_000;

/** Every call of one of the model's own functions is replaced by the function's body. */
export function withoutCalls(
  nodes: readonly Node[],
  functions: readonly WrittenFunction[],
  constants: Map<string, Tensor>,
  fileName: string,
): readonly Node[] {
  if (functions.length === 0) return nodes;
  const byName = new Map(functions.map((written) => [keyOf(written.domain, written.name), written]));
  const prefixes = new Set<string>();
  let made = 0;
  const expanded = (node: Node, callers: readonly WrittenFunction[]): readonly Node[] => {
    const called = byName.get(keyOf(node.domain, node.op));
    if (called === undefined) {
      if (++made > mostNodes) throw new UserError(`${fileName} unfolds into more than ${mostNodes} nodes.`);
      return [withInner(node, (inner) => expanded(inner, callers))];
    }
    if (callers.includes(called))
      throw new UserError(`${fileName} is damaged: its function ${quoted(called.name)} calls itself.`);
    let prefix = `${node.id}/`;
    for (let count = 2; prefixes.has(prefix); count++) prefix = `${node.id}_${count}/`;
    prefixes.add(prefix);
    return bodyOf(called, node, prefix, constants, fileName).flatMap((inner) => expanded(inner, [...callers, called]));
  };
  return nodes.flatMap((node) => expanded(node, []));
}

/** Calls inside the branches of an If and the like. What the functions hold as constants is held by the whole model. */
function withInner(node: Node, expanded: (inner: Node) => readonly Node[]): Node {
  if (subgraphsOf(node).length === 0) return node;
  const attributes = [...node.attributes].map(([name, attribute]): [string, Attribute] => [
    name,
    attribute.kind === 'graph'
      ? { kind: 'graph', value: { ...attribute.value, nodes: attribute.value.nodes.flatMap(expanded) } }
      : attribute,
  ]);
  return { ...node, attributes: new Map(attributes) };
}

const keyOf = (domain: string, name: string): string => JSON.stringify([domain === 'ai.onnx' ? '' : domain, name]);

function bodyOf(
  called: WrittenFunction,
  call: Node,
  prefix: string,
  constants: Map<string, Tensor>,
  fileName: string,
): readonly Node[] {
  const given = new Map(called.inputs.map((name, index) => [name, call.inputs[index] ?? '']));
  const nodes = called.nodes.map((node) => ({
    ...node,
    attributes: withValues(node.attributes, new Map([...called.defaults, ...call.attributes])),
    origin: Object.keys(node.origin).length === 0 ? call.origin : node.origin,
  }));
  const named = (name: string): { name: string; kind: string; elementType: number; shape: null } => ({
    name,
    kind: 'tensor',
    elementType: 0,
    shape: null,
  });
  const body = subgraphOf(
    { nodes, initializers: [], inputs: called.inputs.map(named), outputs: called.outputs.map(named) },
    fileName,
  );
  const result = inlined(body, { prefix, arguments: given, results: call.outputs });
  for (const [name, tensor] of result.constants) constants.set(name, tensor);
  return result.nodes.filter((node) => {
    const constant = constantOf(node, fileName);
    if (constant !== undefined) constants.set(constant.name, constant);
    return constant === undefined;
  });
}

/** Parameters of the function get the caller's values; one that nobody gives is absent. */
const withValues = (
  attributes: ReadonlyMap<string, Attribute>,
  values: ReadonlyMap<string, Attribute>,
): ReadonlyMap<string, Attribute> =>
  new Map(
    [...attributes].flatMap(([name, attribute]): [string, Attribute][] => {
      if (attribute.kind !== 'opaque' || attribute.parameter === undefined) return [[name, attribute]];
      const value = values.get(attribute.parameter);
      return value === undefined ? [] : [[name, value]];
    }),
  );
