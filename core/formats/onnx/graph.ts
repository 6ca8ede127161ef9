import type { Attribute, Dimension, NodeOrigin, Subgraph } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';
import { readAttribute } from './attribute.ts';
import { readEntry } from './entry.ts';
import { originFrom } from './origin.ts';
import { readSparseTensor } from './sparse-tensor.ts';
import { subgraphOf } from './subgraph-of.ts';
import { readTensor } from './tensor.ts';
import type { ProtobufReader } from './wire.ts';

/** A graph as the file has it, before it is known to make sense. */
export interface WrittenGraph {
  readonly nodes: readonly WrittenNode[];
  readonly initializers: readonly Tensor[];
  readonly inputs: readonly WrittenValue[];
  readonly outputs: readonly WrittenValue[];
  readonly values: readonly WrittenValue[];
}

export interface WrittenNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly origin: NodeOrigin;
}

export interface WrittenValue {
  readonly name: string;
  /** 'tensor', or what else it is, in words. */
  readonly kind: string;
  /** TensorProto.DataType; 0 when not stated. */
  readonly elementType: number;
  readonly shape: readonly Dimension[] | null;
}

/** No exporter nests graphs this deep; every level is read again by the ones around it. */
const deepest = 12;

export function readGraph(message: ProtobufReader, file: ModelFile, depth = 0): WrittenGraph {
  const nodes: WrittenNode[] = [];
  const initializers: Tensor[] = [];
  const inputs: WrittenValue[] = [];
  const outputs: WrittenValue[] = [];
  const values: WrittenValue[] = [];
  while (message.next()) {
    switch (message.field) {
      case 1:
        nodes.push(readNode(message.message(`node ${nodes.length + 1} of the graph`), file, depth));
        break;
      case 5:
        initializers.push(readTensor(message.message(`initializer ${initializers.length + 1}`), file, ''));
        break;
      case 11:
        inputs.push(readValue(message.message(`graph input ${inputs.length + 1}`)));
        break;
      case 12:
        outputs.push(readValue(message.message(`graph output ${outputs.length + 1}`)));
        break;
      case 13:
        values.push(readValue(message.message('a declared shape')));
        break;
      case 15:
        initializers.push(readSparseTensor(message.message(`sparse initializer ${initializers.length + 1}`), file, ''));
        break;
    }
  }
  return { nodes, initializers, inputs, outputs, values };
}

export function readNode(message: ProtobufReader, file: ModelFile, depth: number): WrittenNode {
  let name = '';
  let op = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  const metadata = new Map<string, string>();
  const subgraphs =
    depth >= deepest
      ? undefined
      : (graph: ProtobufReader): Subgraph => subgraphOf(readGraph(graph, file, depth + 1), file.source.name);
  while (message.next()) {
    switch (message.field) {
      case 1:
        inputs.push(message.text());
        break;
      case 2:
        outputs.push(message.text());
        break;
      case 3:
        name = message.text();
        if (name !== '') message.what = `node ${quoted(name)}`;
        break;
      case 4:
        op = message.text();
        break;
      case 5: {
        const [key, attribute] = readAttribute(message.message(message.what), file, subgraphs);
        attributes.set(key, attribute);
        break;
      }
      case 7:
        domain = message.text();
        break;
      case 9:
        readEntry(message.message(`a note on ${message.what}`), metadata);
        break;
    }
  }
  if (op === '') throw new UserError(`${file.source.name} is damaged: ${message.what} does not say its operator.`);
  // "ai.onnx" is the long name of the standard domain.
  return {
    name,
    op,
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs,
    outputs,
    attributes,
    origin: originFrom(metadata),
  };
}

/** TypeProto's alternatives to a tensor. */
const otherKinds: Readonly<Record<number, string | undefined>> = {
  4: 'a sequence',
  5: 'a map',
  7: 'an opaque value',
  8: 'a sparse tensor',
  9: 'an optional value',
};

function readValue(message: ProtobufReader): WrittenValue {
  let name = '';
  let kind = 'tensor';
  let elementType = 0;
  let shape: readonly Dimension[] | null = null;
  while (message.next()) {
    if (message.field === 1) name = message.text();
    if (message.field !== 2) continue;
    const type = message.message(`the type of ${quoted(name)}`);
    while (type.next()) {
      kind = otherKinds[type.field] ?? kind;
      if (type.field !== 1) continue;
      const tensor = type.message(type.what);
      while (tensor.next()) {
        if (tensor.field === 1) elementType = tensor.unsigned();
        else if (tensor.field === 2) shape = readShape(tensor.message(`the shape of ${quoted(name)}`));
      }
    }
  }
  return { name, kind, elementType, shape };
}

function readShape(message: ProtobufReader): readonly Dimension[] {
  const shape: Dimension[] = [];
  while (message.next()) {
    if (message.field !== 1) continue;
    const axis = message.message(message.what);
    let size: Dimension = null;
    while (axis.next()) {
      if (axis.field === 1) size = axis.signed();
      else if (axis.field === 2) size = axis.text() || null;
    }
    // Some exporters write -1 for an axis of unknown size.
    shape.push(typeof size === 'number' && size < 0 ? null : size);
  }
  return shape;
}
