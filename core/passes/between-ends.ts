import type { GraphValue, Network, Node } from '../network/network.ts';
import { readBy } from '../network/subgraph.ts';
import { elementCount, isFloating, tensorOfNumbers, type TensorType } from '../network/tensor.ts';
import { RequestError } from '../sentence.ts';
import { readOutput, tensorNames, type AskedOutput } from './read-output.ts';

/** A network and the two tensors between which its constant is asked for. */
export interface Between {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
}

/**
 * Questions about a part of the network: from any tensor on (how smooth is the rest, measured in the features learnt there?), up to any
 * tensor, to one logit, or to the difference of two, which decides between two classes. What is asked for becomes the network's end.
 */
export function betweenEnds(
  { network, input, output }: Between,
  asked: { readonly input?: string; readonly output?: string },
): Between {
  const wanted = asked.output === undefined ? { tensor: output } : readOutput(asked.output, network);
  const from = asked.input ?? input;
  if (!tensorNames(network).has(wanted.tensor)) {
    // An output that turned out to be constant is an answer; a part of it is not worth a question.
    if (asked.input === undefined && wanted.components === undefined) return { network, input, output };
    throw new RequestError(`"${wanted.tensor}" does not depend on "${input}".`);
  }
  if (from === wanted.tensor) throw new RequestError(`The question begins and ends at "${from}".`);
  const rest = from === input ? network : startingAt(network, from, wanted.tensor);
  if (wanted.components !== undefined)
    return { network: componentOf(rest, wanted, asked.output!), input: from, output: asked.output! };
  const isEnd = rest.outputs.some(({ name }) => name === wanted.tensor);
  return { network: isEnd ? rest : upTo(rest, wanted.tensor), input: from, output: wanted.tensor };
}

/** The part of the network that a tensor in its midst is computed by. */
function upTo(network: Network, tensor: string): Network {
  const { type, shape } = typeOf(network, tensor);
  const needed = new Set([tensor]);
  const nodes = network.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const name of readBy(node)) needed.add(name);
    return true;
  });
  return { ...network, nodes: nodes.toReversed(), outputs: [{ name: tensor, type, shape }] };
}

/** The part of the network behind a tensor, which becomes its input. Everything that reaches the output has to go through it. */
function startingAt(network: Network, from: string, output: string): Network {
  const type = typeOf(network, from);
  const behind = new Set([from]);
  const around = new Set(network.inputs.map(({ name }) => name));
  const meetings = new Map<string, Node>();
  const nodes = network.nodes.filter((node) => {
    const outputs = node.outputs.filter((name) => name !== from);
    const hidden = [...node.attributes.values()].some(({ kind }) => kind === 'opaque' || kind === 'graph');
    const reads = (tensors: ReadonlySet<string>): boolean => hidden || node.inputs.some((name) => tensors.has(name));
    const [own, others] = [reads(behind) && outputs.length === node.outputs.length, reads(around)];
    if (own) for (const name of outputs) behind.add(name);
    if (others)
      for (const name of outputs) {
        around.add(name);
        const met = own ? node : node.inputs.map((read) => meetings.get(read)).find((one) => one !== undefined);
        if (met !== undefined) meetings.set(name, met);
      }
    return own && !others;
  });
  if (!behind.has(output)) throw new RequestError(`"${output}" does not depend on "${from}".`);
  const met = meetings.get(output);
  if (met !== undefined)
    throw new RequestError(
      `"${output}" depends on the input not only through "${from}": other paths meet it at the ${met.op} node "${met.id}". Choose a tensor that all paths go through.`,
    );
  const input: GraphValue = { name: from, type: type.type, shape: type.shape };
  return { ...network, nodes, inputs: [input], outputs: network.outputs.filter(({ name }) => behind.has(name)) };
}

/** Appends the choice of components, as a product with a vector of zeros and ones: no arithmetic that could round. */
function componentOf(network: Network, { tensor, components = [] }: AskedOutput, name: string): Network {
  const type = typeOf(network, tensor);
  const count = elementCount(type.shape);
  const beyond = components.find(({ at }) => at >= count);
  if (beyond !== undefined)
    throw new RequestError(`"${tensor}" has ${count} components, counted from 0: there is no [${beyond.at}].`);
  const weights = new Float64Array(count);
  for (const { at, weight } of components) weights[at]! += weight;
  const flat = `${name}:flat`;
  const precision = type.type === 'float64' ? 'float64' : 'float32';
  const constants = [
    tensorOfNumbers(`${name}:shape`, [2], [1, count], 'int64'),
    tensorOfNumbers(`${name}:weights`, [count, 1], weights, precision),
  ];
  const appended = (op: string, inputs: readonly string[], to: string): Node => ({
    ...{ id: to, op, domain: '', inputs, outputs: [to], attributes: new Map(), origin: {} },
  });
  return {
    ...network,
    nodes: [
      ...network.nodes,
      appended('Reshape', [tensor, `${name}:shape`], flat),
      appended('MatMul', [flat, `${name}:weights`], name),
    ],
    constants: new Map([...network.constants, ...constants.map((constant) => [constant.name, constant] as const)]),
    types: new Map([
      ...network.types,
      [flat, { type: precision, shape: [1, count] }],
      [name, { type: precision, shape: [1, 1] }],
    ]),
    outputs: [...network.outputs, { name, type: precision, shape: [1, 1] }],
  };
}

function typeOf(network: Network, tensor: string): TensorType {
  const type = network.types.get(tensor);
  if (type === undefined) throw new RequestError(`The shape of "${tensor}" is not known, so it cannot be asked about.`);
  if (!isFloating(type.type)) throw new RequestError(`"${tensor}" is of type ${type.type}, which has no slope.`);
  return type;
}
