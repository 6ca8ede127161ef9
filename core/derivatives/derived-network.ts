import type { GraphValue, Network, Node } from '../network/network.ts';
import { factsOf } from '../operators/facts.ts';
import { derivativeOf } from '../operators/derivatives/index.ts';
import { NoDerivative, type Derivative, type Site } from '../operators/derivatives/derivative.ts';
import { Graph, oldestOpset, type Maxima, type Precision } from '../operators/derivatives/graph.ts';
import { operatorOf } from '../operators/index.ts';
import { UserError } from '../sentence.ts';

/** What a derivative is asked of. */
export interface DerivativeQuestion {
  /** In one precision and a new enough operator set: `differentiable` makes it so. */
  readonly network: Network;
  /** The tensor that is differentiated. */
  readonly output: string;
  /** The graph inputs by which it is differentiated; the first one where nothing is said. */
  readonly by?: readonly string[];
  /**
   * How many directions are taken at once, side by side on the first axis. More than one needs a network whose first axis is a batch
   * axis of size 1 all along (`batched` knows).
   */
  readonly directions?: number;
  /** 'masks' for providers whose MaxPool does not tell where its maxima stand (`maximaFor`); positions where nothing is said. */
  readonly maxima?: Maxima;
}

/** The network with its derivative beside it: further inputs for the directions, the derivatives as its outputs. */
export interface DerivedNetwork {
  readonly network: Network;
  /** The inputs that take directions: one per variable forward, one backward. */
  readonly directions: readonly string[];
  /** The outputs: one forward, one per variable backward. */
  readonly derivatives: readonly string[];
}

/** Why there is no derivative, and at which node. */
export interface MissingDerivative {
  readonly missing: { readonly node: string; readonly op: string; readonly reason: string };
}

/** The common part of both directions: the graph, who depends on the variables, and the visit of every node on the way. */
export class Derivation {
  readonly network: Network;
  readonly graph: Graph;
  readonly by: readonly string[];
  readonly active: ReadonlySet<string>;
  /** Nodes between the variables and the output, in topological order. */
  readonly path: readonly Node[];

  constructor({ network, output, by, directions = 1, maxima = 'positions' }: DerivativeQuestion) {
    this.network = network;
    this.by = by ?? [network.inputs[0]!.name];
    const needed = ancestors(network, output);
    this.active = descendants(network, this.by);
    this.path = needed.filter(({ outputs }) => outputs.some((name) => this.active.has(name)));
    this.graph = graphOver(network, directions, maxima);
  }

  site(node: Node): Site {
    const facts = factsOf({ ...this.network, constants: this.graph.constants, types: this.graph.types }, node);
    return { node, facts, graph: this.graph, active: (index) => this.active.has(node.inputs[index] ?? '') };
  }

  /** The rule of a node applied, with whatever stands against it as a `Refused`. */
  apply<T>(node: Node, use: (derivative: Derivative, site: Site) => T): T {
    const derivative = derivativeOf(node);
    if (derivative === undefined) throw new Refused(node, `the derivative of ${node.op} is not known`);
    const unknown = [...node.inputs, ...node.outputs].find((name) => name !== '' && !this.#isKnown(name));
    if (unknown !== undefined) throw new Refused(node, `the shape of "${unknown}" is not known`);
    try {
      return use(derivative, this.site(node));
    } catch (error) {
      if (error instanceof NoDerivative || error instanceof UserError) throw new Refused(node, error.message);
      throw error;
    }
  }

  /** A further graph input. */
  input(name: string, like: string): GraphValue {
    const type = { type: this.graph.precision, shape: this.graph.wide(this.graph.shapeOf(like)) };
    this.graph.types.set(name, type);
    return { name, ...type };
  }

  /** The tensors under their own names, so that they can be outputs; zeros where nothing arrives. */
  outputs(values: readonly (string | undefined)[], like: readonly string[]): GraphValue[] {
    return values.map((value, k) => {
      const shape = this.graph.wide(this.graph.shapeOf(like[k]!));
      const type = { type: this.graph.precision, shape };
      const name = this.graph.add('Identity', [value ?? this.graph.zeros(shape)], {}, type);
      return { name, ...type };
    });
  }

  finish(inputs: readonly GraphValue[], outputs: readonly GraphValue[]): Network {
    return finished(this.network, this.graph, inputs, outputs);
  }

  #isKnown(name: string): boolean {
    return this.graph.types.has(name) || this.graph.constants.has(name);
  }
}

/** A graph that begins with the nodes of a network, for whoever writes more beside them. */
export const graphOver = (network: Network, directions = 1, maxima: Maxima = 'positions'): Graph =>
  new Graph({
    precision: precisionOf(network),
    nodes: network.nodes,
    constants: network.constants,
    types: network.types,
    directions,
    maxima,
    infer: (node, graph) =>
      operatorOf(node)!.infer(factsOf({ ...network, constants: graph.constants, types: graph.types }, node)),
  });

/** The network with what was written beside it, further inputs, and new outputs. */
export function finished(
  network: Network,
  { nodes, constants, types }: Graph,
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
): Network {
  return { ...network, nodes, constants, types, inputs: [...network.inputs, ...inputs], outputs };
}

class Refused extends Error {
  readonly missing: MissingDerivative['missing'];

  constructor(node: Node, reason: string) {
    super(reason);
    this.missing = { node: node.id, op: node.op, reason };
  }
}

/** Runs a derivation; what has no derivative is an answer, not an error. */
export function derived<T>(derive: () => T): T | MissingDerivative {
  try {
    return derive();
  } catch (error) {
    if (error instanceof Refused) return { missing: error.missing };
    throw error;
  }
}

function precisionOf(network: Network): Precision {
  const type = network.types.get(network.inputs[0]!.name)?.type;
  if ((type !== 'float32' && type !== 'float64') || network.opset < oldestOpset)
    throw new Error('Derivatives are written for networks that `differentiable` made.');
  return type;
}

/** Nodes that the output depends on, in their order. */
function ancestors(network: Network, output: string): Node[] {
  const wanted = new Set([output]);
  const needed = new Set<Node>();
  for (const node of network.nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    needed.add(node);
    for (const name of node.inputs) wanted.add(name);
  }
  return network.nodes.filter((node) => needed.has(node));
}

/** Floating tensors that depend on the variables through operators that are more than steps. */
function descendants(network: Network, variables: readonly string[]): ReadonlySet<string> {
  const active = new Set(variables);
  for (const node of network.nodes)
    if (node.inputs.some((name) => active.has(name)))
      for (const name of node.outputs) {
        const type = network.types.get(name)?.type;
        if (name !== '' && (type === undefined || type === 'float32' || type === 'float64')) active.add(name);
      }
  return active;
}

/** Without the nodes, inputs and weights that no output needs: to be called before a graph is written. */
export function onlyNeeded(network: Network): Network {
  const needed = new Set(network.outputs.flatMap(({ name }) => ancestors(network, name)));
  const nodes = network.nodes.filter((node) => needed.has(node));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  for (const { name } of network.outputs) read.add(name);
  const constants = new Map([...network.constants].filter(([name]) => read.has(name)));
  return { ...network, nodes, constants, inputs: network.inputs.filter(({ name }) => read.has(name)) };
}
