import type { Attribute, Network, Node, Subgraph } from './network.ts';
import type { Tensor } from './tensor.ts';

export const subgraphsOf = (node: Node): readonly Subgraph[] =>
  [...node.attributes.values()].flatMap((attribute) => (attribute.kind === 'graph' ? [attribute.value] : []));

/** Every tensor that a node reads: its inputs, and what the graphs inside it read of the graph around. */
export function readBy(node: Node): readonly string[] {
  const inner = subgraphsOf(node);
  return inner.length === 0 ? node.inputs : [...node.inputs, ...inner.flatMap(capturedBy)];
}

/** The tensors of the graph around it that a subgraph reads. */
export function capturedBy(subgraph: Subgraph): readonly string[] {
  const own = definedIn(subgraph);
  return [...subgraph.nodes.flatMap(readBy), ...subgraph.outputs].filter((name) => name !== '' && !own.has(name));
}

const definedIn = ({ nodes, inputs, constants }: Subgraph): ReadonlySet<string> =>
  new Set([...inputs.map(({ name }) => name), ...constants.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);

export interface Inlined {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** What turns the body of a subgraph or function into nodes of the graph around it. */
export interface Inlining {
  /** Before the ids of nodes and the names of tensors that only exist inside. */
  readonly prefix: string;
  /** What the names of inputs stand for. */
  readonly arguments: ReadonlyMap<string, string>;
  /** The names under which the results are known outside. */
  readonly results: readonly string[];
}

/**
 * A subgraph as nodes of the graph around it. Results that a node of the body makes take their name outside; all others (a tensor
 * that is passed through, a constant, the same tensor twice) are copied by an Identity.
 */
export function inlined(subgraph: Subgraph, { prefix, arguments: given, results }: Inlining): Inlined {
  const made = new Set(subgraph.nodes.flatMap(({ outputs }) => outputs));
  const own = definedIn(subgraph);
  const named = new Map(given);
  const copies: Node[] = [];
  subgraph.outputs.forEach((inside, index) => {
    const outside = results[index];
    if (outside === undefined || outside === '') return;
    if (made.has(inside) && !named.has(inside)) named.set(inside, outside);
    else copies.push(identity(`${prefix}${outside}`, inside, outside));
  });
  const rename = (name: string): string =>
    named.get(name) ?? (own.has(name) && name !== '' ? `${prefix}${name}` : name);
  const nodes = subgraph.nodes.map((node) => renamed(node, rename, prefix));
  const constants = new Map(
    [...subgraph.constants].map(([name, tensor]) => [rename(name), renamedTensor(tensor, rename)]),
  );
  return {
    nodes: [...nodes, ...copies.map((node) => ({ ...node, inputs: node.inputs.map(rename) }))],
    constants,
  };
}

const renamedTensor = (tensor: Tensor, rename: (name: string) => string): Tensor => ({
  ...tensor,
  name: rename(tensor.name),
});

export const identity = (id: string, from: string, to: string): Node => ({
  id,
  op: 'Identity',
  domain: '',
  inputs: [from],
  outputs: [to],
  attributes: new Map(),
  origin: {},
});

/** The node with other names, the graphs inside it included: what they capture is renamed, and what they define as well. */
function renamed(node: Node, rename: (name: string) => string, prefix: string): Node {
  const attributes = new Map(
    [...node.attributes].map(([name, attribute]): [string, Attribute] => [
      name,
      attribute.kind === 'graph'
        ? { kind: 'graph', value: renamedSubgraph(attribute.value, rename, prefix) }
        : attribute,
    ]),
  );
  return {
    ...node,
    id: `${prefix}${node.id}`,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes,
  };
}

function renamedSubgraph(subgraph: Subgraph, outer: (name: string) => string, prefix: string): Subgraph {
  const own = definedIn(subgraph);
  const rename = (name: string): string => (own.has(name) && name !== '' ? `${prefix}${name}` : outer(name));
  return {
    nodes: subgraph.nodes.map((node) => renamed(node, rename, prefix)),
    inputs: subgraph.inputs.map((input) => ({ ...input, name: rename(input.name) })),
    outputs: subgraph.outputs.map(rename),
    constants: new Map([...subgraph.constants].map(([name, tensor]) => [rename(name), renamedTensor(tensor, rename)])),
  };
}

/** Nodes in the place of one of them, with the constants they bring. */
export function replaced(network: Network, replacements: ReadonlyMap<Node, Inlined>): Network {
  if (replacements.size === 0) return network;
  const constants = new Map(network.constants);
  for (const { constants: brought } of replacements.values())
    for (const [name, tensor] of brought) constants.set(name, tensor);
  return { ...network, nodes: network.nodes.flatMap((node) => replacements.get(node)?.nodes ?? node), constants };
}
