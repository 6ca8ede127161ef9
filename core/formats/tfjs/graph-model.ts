import type { Network } from '../../network/network.ts';
import { UserError } from '../../sentence.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { elementType, shapeFrom } from '../tensorflow-ops/attributes.ts';
import { graphOf, sourceFrom, type Graph, type GraphNode, type Source } from '../tensorflow-ops/graph-def.ts';
import { networkOf, type GraphInput } from '../tensorflow-ops/network.ts';
import { quoted } from '../wording.ts';
import type { Weight } from './manifest.ts';

/** Graph models list TensorFlow's operations instead of layers. The signature says what goes in and comes out, by the converter's names. */
export function readGraphModel(
  model: JsonObject,
  topology: JsonObject,
  weights: readonly Weight[],
  file: string,
): Network {
  const graph = graphOf(topology, file);
  const signature = signatureOf(model);
  const byName = new Map(weights.map((weight) => [weight.name, weight]));
  return networkOf('tfjs-graph', file, {
    graph,
    inputs: inputsOf(graph, signature['inputs'], file),
    outputs: outputsOf(graph, signature['outputs'], file),
    weight: (name) => byName.get(name)?.open(name),
  });
}

/** Converters have written it to two places. */
function signatureOf(model: JsonObject): JsonObject {
  if (isObject(model['signature'])) return model['signature'];
  const metadata = model['userDefinedMetadata'];
  return isObject(metadata) && isObject(metadata['signature']) ? metadata['signature'] : {};
}

function inputsOf(graph: Graph, signed: Json | undefined, file: string): readonly GraphInput[] {
  const entries = isObject(signed) ? Object.values<Json>(signed).filter(isObject) : [];
  const named = entries.flatMap((entry): GraphInput[] => {
    const node = nodeOf(graph, entry, file);
    // A resource, such as a table, is no input of numbers.
    if (entry['resourceId'] !== undefined && entry['resourceId'] !== null) return [];
    return [inputFrom(node, entry, file)];
  });
  const placeholders = [...graph.values()].filter((node) => node.op === 'Placeholder');
  const others = placeholders.filter((node) => !named.some(({ name }) => name === node.name));
  return [...named, ...others.map((node) => inputFrom(node, {}, file))];
}

function inputFrom(node: GraphNode, entry: JsonObject, file: string): GraphInput {
  const declared = entry['dtype'] === undefined ? node.attributes.type('dtype') : elementType(entry['dtype']);
  if (declared === undefined) {
    throw new UserError(
      `${file} takes texts or complex numbers as its input ${quoted(node.name)}, which have no distance.`,
    );
  }
  return {
    name: node.name,
    type: declared,
    shape: isObject(entry['tensorShape']) ? shapeFrom(entry['tensorShape']) : node.attributes.shape('shape'),
  };
}

function outputsOf(graph: Graph, signed: Json | undefined, file: string): readonly Source[] {
  const entries = isObject(signed) ? Object.values<Json>(signed).filter(isObject) : [];
  if (entries.length > 0) {
    return entries.map((entry) => ({
      name: nodeOf(graph, entry, file).name,
      index: sourceFrom(nameIn(entry)).index,
    }));
  }
  const read = new Set([...graph.values()].flatMap((node) => node.inputs.map(({ name }) => name)));
  const ends = [...graph.values()].filter(({ name, op }) => !read.has(name) && op !== 'NoOp' && op !== 'Placeholder');
  return ends.map(({ name }) => ({ name, index: 0 }));
}

const nameIn = (entry: JsonObject): string => (typeof entry['name'] === 'string' ? entry['name'] : '');

function nodeOf(graph: Graph, entry: JsonObject, file: string): GraphNode {
  const { name } = sourceFrom(nameIn(entry));
  const node = graph.get(name);
  if (node !== undefined) return node;
  throw new UserError(`${file} is damaged: its signature names ${quoted(name)}, which is not in its graph.`);
}
