import { elementTypeCodes } from '../../network/element-type-codes.ts';
import type { Attribute, GraphValue, Network, Node, Subgraph, SubgraphInput } from '../../network/network.ts';
import { readBy } from '../../network/subgraph.ts';
import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { quoted } from '../wording.ts';
import { int64Of } from './int64.ts';
import { textsOf } from './tensor.ts';
import { ProtobufWriter } from './wire-writer.ts';

/** ONNX Runtime refuses a file that names a later one, whatever it uses of it; what it lacks of a newer one it says node by node. */
const newestOperatorSet = 26;

/** Protobuf, and ONNX Runtime with it, ends at 2 GB. */
const largestModel = 2 ** 31 - 1;

/**
 * The network as ONNX Runtime takes it, with the tensors of `extraOutputs` as further outputs. Everything that computes is
 * written; where nodes came from, the shapes in between and constants that nobody uses are not. `metadata` is what a file says about itself.
 */
export function writeOnnx(
  network: Network,
  extraOutputs: readonly string[] = [],
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const graph = new ProtobufWriter();
  for (const node of network.nodes) graph.message(1, nodeProto(node));
  graph.text(2, 'network');
  const used = new Set([
    ...network.nodes.flatMap(readBy),
    ...network.outputs.map((output) => output.name),
    ...extraOutputs,
  ]);
  for (const [name, tensor] of network.constants) {
    if (!used.has(name)) continue;
    graph.message(5, tensorProto(tensor, name));
    if (graph.length > largestModel) {
      throw new UserError(
        `The weights of the network take more than 2 GB, which is more than ONNX Runtime accepts in one piece.`,
      );
    }
  }
  for (const input of network.inputs) graph.message(11, valueInfo(input));
  const outputs = new Set(network.outputs.map((output) => output.name));
  for (const output of network.outputs) graph.message(12, valueInfo(output));
  for (const name of new Set(extraOutputs)) {
    // ONNX Runtime infers the type itself.
    if (!outputs.has(name)) graph.message(12, new ProtobufWriter().text(1, name));
  }
  const model = new ProtobufWriter()
    .integer(1, irVersion(network.opset))
    .text(2, 'lipschitz-inspector')
    .message(7, graph);
  model.message(8, operatorSet('', Math.min(network.opset, newestOperatorSet)));
  const domains = new Set(network.nodes.map((node) => node.domain).filter((domain) => domain !== ''));
  for (const domain of domains) model.message(8, operatorSet(domain, 1));
  for (const [key, value] of metadata) model.message(14, new ProtobufWriter().text(1, key).text(2, value));
  return model.finish();
}

/** At least 4, so that constants need not be listed as inputs; 9 knows floats of 8 bits, 10 the types that came with operator set 21. */
const irVersion = (opset: number): number => (opset >= 21 ? 10 : opset >= 19 ? 9 : 8);

const operatorSet = (domain: string, version: number): ProtobufWriter =>
  new ProtobufWriter().text(1, domain).integer(2, version);

function nodeProto(node: Node): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const input of node.inputs) message.text(1, input);
  for (const output of node.outputs) message.text(2, output);
  message.text(3, node.id).text(4, node.op);
  for (const [name, attribute] of node.attributes) message.message(5, attributeProto(name, attribute, node));
  return node.domain === '' ? message : message.text(7, node.domain);
}

function attributeProto(name: string, attribute: Attribute, node: Node): ProtobufWriter {
  const message = new ProtobufWriter().text(1, name);
  switch (attribute.kind) {
    case 'float':
      return message.float(2, attribute.value).integer(20, 1);
    case 'int':
      return message.integer(3, int64Of(attribute.value)).integer(20, 2);
    case 'string':
      return message.text(4, attribute.value).integer(20, 3);
    case 'tensor':
      return message.message(5, tensorProto(attribute.value, attribute.value.name)).integer(20, 4);
    case 'floats':
      for (const value of attribute.value) message.float(7, value);
      return message.integer(20, 6);
    case 'ints':
      for (const value of attribute.value) message.integer(8, int64Of(value));
      return message.integer(20, 7);
    case 'strings':
      for (const value of attribute.value) message.text(9, value);
      return message.integer(20, 8);
    case 'graph':
      return message.message(6, subgraphProto(attribute.value)).integer(20, 5);
    case 'opaque':
      throw new UserError(
        `Node ${quoted(node.id)} (${node.op}) cannot be run: its attribute ${quoted(name)} is ${attribute.what}, which is not understood yet.`,
      );
  }
}

function subgraphProto(subgraph: Subgraph): ProtobufWriter {
  const graph = new ProtobufWriter();
  for (const node of subgraph.nodes) graph.message(1, nodeProto(node));
  graph.text(2, 'inside');
  for (const [name, tensor] of subgraph.constants) graph.message(5, tensorProto(tensor, name));
  for (const input of subgraph.inputs) graph.message(11, valueInfo(input));
  for (const name of subgraph.outputs) graph.message(12, new ProtobufWriter().text(1, name));
  return graph;
}

function tensorProto(tensor: Tensor, name: string): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const size of tensor.shape) message.integer(1, size);
  message.integer(2, elementTypeCodes[tensor.type]).text(8, name);
  if (tensor.type !== 'string') return message.bytes(9, tensor.bytes());
  for (const text of textsOf(tensor)) message.bytes(6, text);
  return message;
}

function valueInfo(value: GraphValue | SubgraphInput): ProtobufWriter {
  if (value.type === undefined) return new ProtobufWriter().text(1, value.name);
  const tensor = new ProtobufWriter().integer(1, elementTypeCodes[value.type]);
  if (value.shape) {
    const shape = new ProtobufWriter();
    for (const size of value.shape) {
      const axis = new ProtobufWriter();
      if (typeof size === 'number') axis.integer(1, size);
      else if (size !== null) axis.text(2, size);
      shape.message(1, axis);
    }
    tensor.message(2, shape);
  }
  return new ProtobufWriter().text(1, value.name).message(2, new ProtobufWriter().message(1, tensor));
}
