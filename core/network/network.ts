import type { ElementType, Tensor, TensorType } from './tensor.ts';
import type { WeightLayer } from './weight-layer.ts';

/** An attribute of a node, as ONNX types them; the other formats translate theirs into these. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  /** A graph inside a node: a branch of an If, the body of a Loop or Scan. */
  | { readonly kind: 'graph'; readonly value: Subgraph }
  /** Something rarer: kept so that it can be named, not understood. Inside a function it may be one of its parameters. */
  | { readonly kind: 'opaque'; readonly what: string; readonly parameter?: string };

/** A graph inside a node. Its nodes may also read tensors of the graph around it, by their names there. */
export interface Subgraph {
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly SubgraphInput[];
  readonly outputs: readonly string[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

export interface SubgraphInput {
  readonly name: string;
  /** undefined where the file leaves it to inference. */
  readonly type: ElementType | undefined;
  readonly shape: readonly Dimension[] | null;
}

/** What an exporter wrote about where a node comes from. Untrusted text: shown, never opened as a path. */
export interface NodeOrigin {
  readonly stackTrace?: string;
  readonly scopes?: readonly string[];
  readonly classes?: readonly string[];
  /** Why a reader of another format could not say the node in ONNX's operators. */
  readonly untranslated?: string;
}

export interface Node {
  /** Unique within the network: the node's own name where it has one, else made from its first output. */
  readonly id: string;
  readonly op: string;
  /** '' is the standard ONNX domain. */
  readonly domain: string;
  /** '' stands for an optional input that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly origin: NodeOrigin;
}

/** One axis of a graph input or output: a size, a symbol such as "batch", or nothing at all. */
export type Dimension = number | string | null;

export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  /** null when the file does not even say how many axes there are. */
  readonly shape: readonly Dimension[] | null;
}

/** A trained model in memory, whatever file it came from. Values, never mutated: passes return new networks. */
export interface Network {
  readonly format: string;
  /** Version of the standard operator set that the nodes are written in. */
  readonly opset: number;
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Graph inputs that are not constants. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Types of intermediate tensors that are known, declared by the file or inferred by us. */
  readonly types: ReadonlyMap<string, TensorType>;
  /** What else there is to say about the file. */
  readonly notes?: readonly string[];
  /** Present where the file holds weights without the network: these are its layers, there are no nodes, and `reason` says so. */
  readonly unconnected?: Unconnected;
}

export interface Unconnected {
  readonly layers: readonly WeightLayer[];
  readonly reason: string;
  /** What to do about it, without a full stop. */
  readonly remedy: string;
  /** Images are flattened with their channels last, so that the dense layer behind expects them in this order. */
  readonly channelsLast?: true;
}

export function attributeOf<K extends Attribute['kind']>(
  node: Node,
  name: string,
  kind: K,
): Extract<Attribute, { kind: K }> | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === kind ? (attribute as Extract<Attribute, { kind: K }>) : undefined;
}

export const integer = (node: Node, name: string, otherwise: number): number =>
  attributeOf(node, name, 'int')?.value ?? otherwise;

/** Defaults are float32 as well: an epsilon that is not written down is not quite 1e-5. */
export const decimal = (node: Node, name: string, otherwise: number): number =>
  attributeOf(node, name, 'float')?.value ?? Math.fround(otherwise);

export const text = (node: Node, name: string, otherwise: string): string =>
  attributeOf(node, name, 'string')?.value ?? otherwise;

export const integers = (node: Node, name: string): readonly number[] | undefined =>
  attributeOf(node, name, 'ints')?.value;
