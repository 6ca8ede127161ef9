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
 * where they cannot depend on values. What cannot be run either has the sizes that the file declares.
 */
export async function measureTypes(
  network: Network,
  declared: ReadonlyMap<string, TensorType>,
  engine: Engine,
): Promise<Network> {
  const missing = unknown(network);
  if (missing.length === 0) return network;
  const sized = network.nodes.some(({ op }) => sizedByValues.has(op));
  const measured = sized ? new Map<string, TensorType>() : await sizesOf(network, missing, engine);
  const known =
    measured.size === 0 ? network : inferTypes({ ...network, types: new Map([...network.types, ...measured]) });
  const gaps = unknown(known).filter((name) => declared.has(name));
  if (gaps.length === 0) return known;
  const filled = gaps.map((name) => [name, declared.get(name)!] as const);
  return inferTypes({ ...known, types: new Map([...known.types, ...filled]) }, 'declared');
}

const unknown = ({ nodes, types }: Network): readonly string[] =>
  nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '' && !types.has(name));

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
