import type { Attribute, GraphValue, Network, Node, Subgraph } from '../network/network.ts';
import { elementCount, numbersOf, tensorOfNumbers, type ElementType, type Tensor } from '../network/tensor.ts';

export interface WidenedNetwork {
  readonly network: Network;
  /** The types that are gone, in the user's words; empty when there were none. */
  readonly types: readonly ElementType[];
}

/**
 * The same function with float32 in place of float16 and bfloat16. Their numbers are float32 numbers, and rounding on the way belongs to
 * whoever runs the model, so as a real function nothing changes; but ONNX Runtime has few kernels for them on the CPU.
 */
export function widenHalves(network: Network): WidenedNetwork {
  const found = new Set<ElementType>();
  const type = (old: ElementType): ElementType => {
    if (old !== 'float16' && old !== 'bfloat16') return old;
    found.add(old);
    return 'float32';
  };
  const value = (graphValue: GraphValue): GraphValue => ({ ...graphValue, type: type(graphValue.type) });
  const widened: Network = {
    ...network,
    inputs: network.inputs.map(value),
    outputs: network.outputs.map(value),
    constants: constantsWith(network.constants, type),
    types: new Map([...network.types].map(([name, known]) => [name, { ...known, type: type(known.type) }])),
    nodes: network.nodes.map((node) => nodeWith(node, type)),
  };
  return { network: found.size === 0 ? network : widened, types: [...found] };
}

type Retype = (type: ElementType) => ElementType;

const constantsWith = (constants: ReadonlyMap<string, Tensor>, type: Retype): ReadonlyMap<string, Tensor> =>
  new Map([...constants].map(([name, tensor]) => [name, tensorWith(tensor, type)]));

function tensorWith(tensor: Tensor, type: Retype): Tensor {
  if (type(tensor.type) === tensor.type) return tensor;
  const shape = tensor.shape;
  return {
    name: tensor.name,
    type: 'float32',
    shape,
    // The weights stay in the file, in half the space, until somebody asks.
    bytes: () => tensorOfNumbers(tensor.name, [elementCount(shape)], numbersOf(tensor), 'float32').bytes(),
  };
}

/** ONNX's numbers for float16 and bfloat16, which Cast and its like carry in an attribute. */
const halves: Readonly<Record<number, ElementType | undefined>> = { 10: 'float16', 16: 'bfloat16' };
const typeAttributes = new Set(['to', 'dtype', 'output_dtype', 'stash_type', 'softmax_precision']);

function nodeWith(node: Node, type: Retype): Node {
  const attributes = [...node.attributes].map(([name, attribute]): [string, Attribute] => [
    name,
    attributeWith(name, attribute, type),
  ]);
  return attributes.every(([name, next]) => next === node.attributes.get(name))
    ? node
    : { ...node, attributes: new Map(attributes) };
}

function attributeWith(name: string, attribute: Attribute, type: Retype): Attribute {
  if (attribute.kind === 'graph') return { kind: 'graph', value: subgraphWith(attribute.value, type) };
  if (attribute.kind === 'tensor') {
    const value = tensorWith(attribute.value, type);
    return value === attribute.value ? attribute : { kind: 'tensor', value };
  }
  const named = attribute.kind === 'int' && typeAttributes.has(name) ? halves[attribute.value] : undefined;
  return named === undefined || type(named) === named ? attribute : { kind: 'int', value: 1 };
}

const subgraphWith = (subgraph: Subgraph, type: Retype): Subgraph => ({
  ...subgraph,
  nodes: subgraph.nodes.map((node) => nodeWith(node, type)),
  inputs: subgraph.inputs.map((input) => ({ ...input, type: input.type === undefined ? undefined : type(input.type) })),
  constants: constantsWith(subgraph.constants, type),
});
