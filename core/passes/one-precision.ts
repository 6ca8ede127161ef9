import type { Attribute, Network, Node } from '../network/network.ts';
import {
  isFloating,
  numbersOf,
  tensorOfNumbers,
  type ElementType,
  type Tensor,
  type TensorType,
} from '../network/tensor.ts';

/** ONNX's numbers of the two types. */
const codes = { float32: 1, float64: 11 } as const;
const floatingCodes = new Set([1, 10, 11, 16]);

/**
 * The same network with every floating tensor in one type, whatever the file mixes: weights are converted, and casts between floating
 * types no longer do anything.
 */
export function inOnePrecision(network: Network, precision: 'float32' | 'float64'): Network {
  const fixed = new Set(network.nodes.flatMap(alwaysFloat32));
  const converted = (type: ElementType): ElementType => (isFloating(type) ? precision : type);
  const retyped = <T extends { readonly type: ElementType }>(value: T): T => ({
    ...value,
    type: converted(value.type),
  });
  const constants = new Map<string, Tensor>();
  for (const [name, tensor] of network.constants)
    constants.set(
      name,
      isFloating(tensor.type) && tensor.type !== precision && !fixed.has(name)
        ? inPrecision(tensor, precision)
        : tensor,
    );
  const types = new Map<string, TensorType>();
  for (const [name, type] of network.types) types.set(name, retyped(type));
  return {
    ...network,
    nodes: network.nodes.map((node) => withType(node, precision)),
    inputs: network.inputs.map(retyped),
    outputs: network.outputs.map(retyped),
    constants,
    types,
  };
}

const inPrecision = (tensor: Tensor, precision: 'float32' | 'float64'): Tensor => {
  const made = tensorOfNumbers(tensor.name, tensor.shape, numbersOf(tensor), precision);
  const { relativeError, absoluteError } = tensor;
  // Nothing else of it holds: its parts are bytes of the other precision.
  return {
    ...made,
    ...(relativeError === undefined ? {} : { relativeError }),
    ...(absoluteError === undefined ? {} : { absoluteError }),
  };
};

/** Scales of Resize are float32, whatever the data. */
const alwaysFloat32 = ({ op, inputs }: Node): readonly string[] =>
  op === 'Resize' ? inputs.slice(2, 3) : op === 'Upsample' ? inputs.slice(1, 2) : [];

function withType(node: Node, precision: 'float32' | 'float64'): Node {
  const attributes = new Map<string, Attribute>(node.attributes);
  for (const [name, attribute] of attributes) {
    if ((name === 'to' || name === 'dtype') && attribute.kind === 'int' && floatingCodes.has(attribute.value))
      attributes.set(name, { kind: 'int', value: codes[precision] });
    if (name === 'value' && attribute.kind === 'tensor' && isFloating(attribute.value.type))
      attributes.set(name, { kind: 'tensor', value: inPrecision(attribute.value, precision) });
  }
  return { ...node, attributes };
}
