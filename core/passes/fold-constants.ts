import type { Engine } from '../compute/engine.ts';
import { writeOnnx } from '../formats/onnx/write.ts';
import type { Network, Node } from '../network/network.ts';
import { readBy } from '../network/subgraph.ts';
import type { Tensor } from '../network/tensor.ts';
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
  for (;;) {
    const foldable = constantNodes(current);
    if (foldable.length === 0) return current;
    const values = await evaluate(current, foldable, engine).catch(notOurs);
    // What ONNX Runtime refuses to compute stays as it is; the nodes behind it say that a shape is not known.
    if (values === undefined) return current;
    const folded = new Set(foldable);
    const constants = new Map([...current.constants, ...values]);
    current = withoutAnswered(
      inferTypes({ ...current, nodes: current.nodes.filter((node) => !folded.has(node)), constants }),
    );
  }
}

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
function constantNodes({ nodes, constants }: Network): Node[] {
  const known = new Set(constants.keys());
  return nodes.filter((node) => {
    const foldable =
      node.domain === '' &&
      !random.has(node.op) &&
      ![...node.attributes.values()].some(({ kind }) => kind === 'opaque' || kind === 'graph') &&
      node.inputs.every((name) => name === '' || known.has(name));
    if (foldable) for (const name of node.outputs) known.add(name);
    return foldable;
  });
}

async function evaluate(network: Network, nodes: readonly Node[], engine: Engine): Promise<Map<string, Tensor>> {
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
  const graph: Network = { ...network, nodes, inputs: [], outputs: [], constants };
  const session = await engine.open(writeOnnx(graph, wanted), 'cpu');
  try {
    const values = await session.run({});
    return new Map(wanted.map((name) => [name, asTensor(name, values[name]!)]));
  } finally {
    await session.dispose();
  }
}

function asTensor(
  name: string,
  value: { readonly type: Tensor['type']; readonly shape: readonly number[]; readonly data: ArrayBufferView },
): Tensor {
  const { buffer, byteOffset, byteLength } = value.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return { name, type: value.type, shape: value.shape, bytes: () => bytes };
}
