import type { Engine, NumericArray } from '../compute/engine.ts';
import { writeOnnx } from '../formats/onnx/write.ts';
import type { Network, Node } from '../network/network.ts';
import { readBy } from '../network/subgraph.ts';
import type { ElementType, Tensor } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import { inferTypes } from './infer-types.ts';

/** Operators whose output differs from run to run are never folded. */
export const random: ReadonlySet<string> = new Set([
  'RandomNormal',
  'RandomUniform',
  'RandomNormalLike',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
]);

/**
 * Evaluates everything that does not depend on the network's input, by ONNX Runtime itself, and infers types, until nothing new is
 * learnt: a Reshape whose target is computed from a Shape becomes known, then what follows it, and so on.
 */
export async function foldConstants(network: Network, engine: Engine): Promise<Network> {
  let current = withoutAnswered(inferTypes(network));
  const refused = new Set<Node>();
  for (;;) {
    const foldable = constantNodes(current, refused);
    if (foldable.length === 0) return current;
    const { values, folded } = await evaluateAll(current, foldable, refused, engine);
    const constants = new Map([...current.constants, ...values]);
    current = withoutAnswered(
      inferTypes({ ...current, nodes: current.nodes.filter((node) => !folded.has(node)), constants }),
    );
  }
}

interface Evaluated {
  readonly values: ReadonlyMap<string, Tensor>;
  readonly folded: ReadonlySet<Node>;
}

/**
 * All at once, or where ONNX Runtime refuses that, one by one. What it refuses to compute stays as it is; the nodes behind it say that a
 * shape is not known, and all others are folded nevertheless.
 */
async function evaluateAll(
  network: Network,
  nodes: readonly Node[],
  refused: Set<Node>,
  engine: Engine,
): Promise<Evaluated> {
  const together = await evaluate(network, nodes, engine).catch(notOurs);
  if (together !== undefined) return { values: together, folded: new Set(nodes) };
  const constants = new Map(network.constants);
  const values = new Map<string, Tensor>();
  const folded = new Set<Node>();
  for (const node of nodes) {
    if (!node.inputs.every((name) => name === '' || constants.has(name))) continue;
    const own = await evaluateOne({ ...network, constants }, node, engine);
    if (own === undefined) {
      refused.add(node);
      continue;
    }
    folded.add(node);
    for (const [name, tensor] of own) {
      constants.set(name, tensor);
      values.set(name, tensor);
    }
  }
  return { values, folded };
}

/** Some operators are refused where ONNX Runtime can see that a number is a vector of length 1, and run where it cannot. */
const evaluateOne = async (network: Network, node: Node, engine: Engine): Promise<Map<string, Tensor> | undefined> =>
  (await evaluate(network, [node], engine).catch(notOurs)) ??
  (node.inputs.every((name) => handedOver.has(network.constants.get(name)?.type ?? 'float32'))
    ? await evaluate(network, [node], engine, 'unseen').catch(notOurs)
    : undefined);

/** Types in which a constant is handed over at run time: those that sizes and counts have. */
const handedOver: ReadonlySet<ElementType> = new Set(['int64', 'int32', 'float32', 'float64']);

/** A Shape that became a constant is no node any more: no runtime takes a tensor that is defined twice. */
const withoutAnswered = (network: Network): Network => ({
  ...network,
  nodes: network.nodes.filter(({ outputs }) => !outputs.every((name) => name === '' || network.constants.has(name))),
});

function notOurs(error: unknown): undefined {
  if (error instanceof UserError) throw error;
  return undefined;
}

/** Nodes that can be computed from constants alone, in order, those that hang on one another included. */
function constantNodes({ nodes, constants }: Network, refused: ReadonlySet<Node>): Node[] {
  const known = new Set(constants.keys());
  return nodes.filter((node) => {
    const foldable =
      node.domain === '' &&
      !refused.has(node) &&
      !random.has(node.op) &&
      ![...node.attributes.values()].some(({ kind }) => kind === 'opaque' || kind === 'graph') &&
      node.inputs.every((name) => name === '' || known.has(name));
    if (foldable) for (const name of node.outputs) known.add(name);
    return foldable;
  });
}

async function evaluate(
  network: Network,
  nodes: readonly Node[],
  engine: Engine,
  constantsAre: 'seen' | 'unseen' = 'seen',
): Promise<Map<string, Tensor>> {
  // What only other foldable nodes read need not leave ONNX Runtime, which hands out no numbers of four bits.
  const folded = new Set(nodes);
  const readOutside = new Set(network.nodes.flatMap((node) => (folded.has(node) ? [] : readBy(node))));
  for (const { name } of network.outputs) readOutside.add(name);
  const wanted = nodes
    .flatMap(({ outputs }) => outputs)
    .filter((name) => name !== '' && readOutside.has(name) && !network.constants.has(name));
  if (wanted.length === 0) return new Map();
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const constants = new Map([...network.constants].filter(([name]) => read.has(name)));
  const unseen = constantsAre === 'unseen' ? [...constants.values()] : [];
  const graph: Network = {
    ...network,
    nodes,
    inputs: unseen.map(({ name, type, shape }) => ({ name, type, shape: shape.map(() => null) })),
    outputs: [],
    constants: constantsAre === 'unseen' ? new Map() : constants,
    types: new Map(),
  };
  const session = await engine.open(writeOnnx(graph, wanted), 'cpu');
  try {
    const values = await session.run(Object.fromEntries(unseen.map((tensor) => [tensor.name, arrayOf(tensor)])));
    return new Map(wanted.map((name) => [name, asTensor(name, values[name]!)]));
  } finally {
    await session.dispose();
  }
}

function arrayOf(tensor: Tensor): NumericArray {
  const { type, shape } = tensor;
  const { buffer } = Uint8Array.from(tensor.bytes());
  if (type === 'int64') return { type, shape, data: new BigInt64Array(buffer) };
  if (type === 'int32') return { type, shape, data: new Int32Array(buffer) };
  if (type === 'float32') return { type, shape, data: new Float32Array(buffer) };
  if (type === 'float64') return { type, shape, data: new Float64Array(buffer) };
  throw new UserError(`Constants of type ${type} are not handed over.`);
}

function asTensor(
  name: string,
  value: { readonly type: Tensor['type']; readonly shape: readonly number[]; readonly data: ArrayBufferView },
): Tensor {
  const { buffer, byteOffset, byteLength } = value.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return { name, type: value.type, shape: value.shape, bytes: () => bytes };
}
