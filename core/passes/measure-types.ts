import type { Engine } from '../compute/engine.ts';
import { writeOnnx } from '../formats/onnx/write.ts';
import type { Network } from '../network/network.ts';
import { elementCount, type TensorType } from '../network/tensor.ts';
import { inferTypes } from './infer-types.ts';

/** Operators whose output sizes depend on values: what is measured at one point says nothing about others. */
const sizedByValues = new Set([
  'NonZero',
  'Unique',
  'NonMaxSuppression',
  'Compress',
  'Loop',
  'If',
  'Scan',
  'SequenceAt',
  'TopK',
]);

/**
 * Behind an operator whose shape rule we lack, sizes can still be had by running the network once. Only the sizes are used, and only
 * where they cannot depend on values.
 */
export async function measureTypes(network: Network, engine: Engine): Promise<Network> {
  const missing = network.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((name) => name !== '' && !network.types.has(name));
  if (missing.length === 0 || network.nodes.some(({ op }) => sizedByValues.has(op))) return network;
  const measured = await sizesOf(network, missing, engine);
  return measured.size === 0 ? network : inferTypes({ ...network, types: new Map([...network.types, ...measured]) });
}

async function sizesOf(
  network: Network,
  names: readonly string[],
  engine: Engine,
): Promise<ReadonlyMap<string, TensorType>> {
  const input = network.inputs[0]!;
  const type = network.types.get(input.name)!;
  try {
    const session = await engine.open(writeOnnx(network, names), 'cpu');
    try {
      const count = elementCount(type.shape);
      const data = type.type === 'float64' ? new Float64Array(count) : new Float32Array(count);
      const values = await session.run({ [input.name]: { ...type, data } });
      return new Map(names.map((name) => [name, { type: values[name]!.type, shape: values[name]!.shape }]));
    } finally {
      await session.dispose();
    }
  } catch {
    // A graph that ONNX Runtime cannot run (an operator of a foreign domain) keeps its gaps; the rules name the node.
    return new Map();
  }
}
